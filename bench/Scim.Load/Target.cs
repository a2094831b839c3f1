using Scim.Load.Servers;

namespace Scim.Load;

/// <summary>What was put on a target before it is measured. A person's index gives its id.</summary>
internal sealed class Directory
{
    /// <summary>Part of every user name, so that people of several runs do not meet.</summary>
    public required string Tag { get; init; }

    public List<string> Users { get; } = [];

    /// <summary>Users that are in no group, to be added and removed.</summary>
    public List<string> Spare { get; } = [];

    /// <summary>Size of the group → its id.</summary>
    public Dictionary<int, string> Groups { get; } = [];
}

/// <summary>A server that is measured: the platform or the floor.</summary>
internal sealed record Target(string Name, Uri BaseAddress, string Token, Directory Directory)
{
    public const string Floor = "floor";
    public const string Ours = "ours";

    public required ProcessFigures Process { get; init; }

    public bool IsFloor => Name == Floor;
}
