using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Scim.TestKit;

public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}

/// <summary><c>[TestFixtureSource(typeof(Databases))]</c> runs a fixture once per database.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "A fixture source is read, not collected into.")]
public sealed class Databases : IEnumerable<DatabaseKind>
{
    public static IReadOnlyList<DatabaseKind> All { get; } = Enum.GetValues<DatabaseKind>();

    public IEnumerator<DatabaseKind> GetEnumerator() => All.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
