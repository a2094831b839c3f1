using System.Globalization;

namespace Scim.Domain.Resources;

/// <summary>One group that a user belongs to, as derived when the user is read (RFC 7643 §4.1.2).</summary>
public readonly record struct GroupOfUser(Guid Id, string Display, bool Direct);

/// <summary>One member of a group with what is derived from its id.</summary>
public readonly record struct MemberOfGroup(Guid Id, bool IsGroup, string? Display);

/// <summary>A user of the tenant whom another user names as manager.</summary>
public readonly record struct ManagerOfUser(Guid Id, string? Display);

/// <summary>A resource as it was read: stored bytes, and beside them what is derived.</summary>
public sealed record StoredResource(
    Guid Id,
    ReadOnlyMemory<byte> Document,
    long Version,
    DateTimeOffset Created,
    DateTimeOffset LastModified
)
{
    public IReadOnlyList<GroupOfUser> Groups { get; init; } = [];

    public ManagerOfUser? Manager { get; init; }

    public int? ManagerEnd { get; init; }

    /// <summary>Position in the tenant's stable order.</summary>
    public long Sequence { get; init; }

    /// <summary>Value of the column that a sorted list is ordered by.</summary>
    public string? SortKey { get; init; }

    /// <summary>
    /// The weak entity tag (RFC 7644 §3.14): <c>W/"version"</c>, or <c>W/"version.derived"</c> when derived values show,
    /// so that it changes whenever the representation does.
    /// </summary>
    public string Tag => MakeTag();

    private string MakeTag()
    {
        if (Groups.Count == 0 && Manager is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"W/\"{Version}\"");
        }

        var hash = 2166136261u;
        Span<byte> id = stackalloc byte[16];
        foreach (var group in Groups)
        {
            Mix(group.Id, id, ref hash);
            Mix(group.Display, ref hash);
            hash = (hash ^ (group.Direct ? 1u : 2u)) * 16777619u;
        }

        if (Manager is { } manager)
        {
            Mix(manager.Id, id, ref hash);
            Mix(manager.Display, ref hash);
        }

        return string.Create(CultureInfo.InvariantCulture, $"W/\"{Version}.{hash:x8}\"");
    }

    private static void Mix(Guid value, Span<byte> bytes, ref uint hash)
    {
        value.TryWriteBytes(bytes);
        foreach (var part in bytes)
        {
            hash = (hash ^ part) * 16777619u;
        }
    }

    private static void Mix(string? text, ref uint hash)
    {
        foreach (var part in text ?? "")
        {
            hash = (hash ^ part) * 16777619u;
        }

        hash = (hash ^ 0xFFu) * 16777619u;
    }
}
