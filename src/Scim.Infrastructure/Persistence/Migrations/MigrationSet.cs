using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Scim.Infrastructure.Persistence.Migrations;

internal sealed record Migration(int Number, string Name, string Sql, string Checksum);

/// <summary>A row of <c>schema_migrations</c>.</summary>
internal sealed record AppliedMigration(int Number, string Name, string Checksum);

/// <summary>The numbered scripts of one database, as they are embedded in this program.</summary>
internal sealed partial class MigrationSet
{
    public const string Table = "schema_migrations";

    public MigrationSet(IEnumerable<Migration> migrations) => All = [.. migrations.OrderBy(x => x.Number)];

    public IReadOnlyList<Migration> All { get; }

    public static MigrationSet Of(DatabaseProvider provider)
    {
        var prefix = $"{typeof(MigrationSet).Namespace}.{provider}.";
        var assembly = typeof(MigrationSet).Assembly;
        return new MigrationSet(
            assembly
                .GetManifestResourceNames()
                .Where(name =>
                    name.StartsWith(prefix, StringComparison.Ordinal) && char.IsAsciiDigit(name[prefix.Length])
                )
                .Select(name => Parse(name[prefix.Length..^".sql".Length], Text(assembly, name)))
        );
    }

    public static string Script(DatabaseProvider provider, string name) =>
        Text(typeof(MigrationSet).Assembly, $"{typeof(MigrationSet).Namespace}.{provider}.{name}.sql");

    /// <summary>Makes the indexes of <see cref="DatabaseOptions.SearchIndexes"/>, or takes them away; either may be done again.</summary>
    public static string SearchIndexes(DatabaseProvider provider, bool wanted)
    {
        var script = Script(provider, "search_indexes");
        return wanted
            ? script
            : string.Concat(
                IndexName().Matches(script).Select(match => $"drop index if exists {match.Groups[1].ValueSpan};\n")
            );
    }

    public static Migration Parse(string name, string sql) =>
        new(
            int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture),
            name,
            sql,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))
        );

    /// <summary>What is still to be applied; throws when the database holds something else than this program's beginning.</summary>
    public IReadOnlyList<Migration> Pending(IReadOnlyCollection<AppliedMigration> applied)
    {
        foreach (var row in applied)
        {
            var own = All.FirstOrDefault(x => x.Number == row.Number);
            if (own is null)
            {
                throw new MigrationException(
                    $"The database has migration {row.Name}, which this version does not know: it was migrated by a newer version. Start that one."
                );
            }

            if (own.Checksum != row.Checksum)
            {
                throw new MigrationException(
                    $"Migration {own.Name} was applied with another content (checksum {row.Checksum}, now {own.Checksum}). Migrations must not change after they were applied."
                );
            }
        }

        return [.. All.Where(x => applied.All(row => row.Number != x.Number))];
    }

    public MigrationStatus Status(IReadOnlyCollection<AppliedMigration> applied)
    {
        try
        {
            return new MigrationStatus([.. Pending(applied).Select(x => x.Name)], null);
        }
        catch (MigrationException exception)
        {
            return new MigrationStatus([], exception.Message);
        }
    }

    [GeneratedRegex("create index if not exists ([a-z_]+)", RegexOptions.CultureInvariant)]
    private static partial Regex IndexName();

    private static string Text(Assembly assembly, string name)
    {
        using var stream =
            assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in this program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
