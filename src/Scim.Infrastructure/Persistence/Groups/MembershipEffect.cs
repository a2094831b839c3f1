using System.Text;
using Scim.Domain.Groups;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>Members that a change really added or removed, as against those it named.</summary>
internal sealed class MembershipEffect
{
    /// <summary>Names of journal rows.</summary>
    public const string Added = "group.members.add";
    public const string Removed = "group.members.remove";

    private readonly HashSet<Guid> _added = [];
    private readonly HashSet<Guid> _removed = [];

    /// <summary>The journal's name for a request that changes members and nothing else.</summary>
    public static string Operation(MembershipChange change) =>
        change.Steps.All(step => step.Action == MembershipAction.Add) ? Added
        : change.Steps.All(step => step.Action != MembershipAction.Add) ? Removed
        : "group.update";

    public bool IsEmpty => _added.Count == 0 && _removed.Count == 0;

    public void Add(Guid id)
    {
        if (!_removed.Remove(id))
        {
            _added.Add(id);
        }
    }

    public void Remove(Guid id)
    {
        if (!_added.Remove(id))
        {
            _removed.Add(id);
        }
    }

    public override string ToString() => Write(_added, _removed);

    /// <summary><c>{"members":{"added":[…],"removed":[…]}}</c>, for the journal.</summary>
    public static string Write(IReadOnlyCollection<Guid> added, IReadOnlyCollection<Guid> removed) =>
        $"{{{Inner(added, removed)}}}";

    /// <summary>The member part to stand inside another change object.</summary>
    public string Inner() => Inner(_added, _removed);

    public static string Inner(IReadOnlyCollection<Guid> added, IReadOnlyCollection<Guid> removed)
    {
        var json = new StringBuilder("\"members\":{");
        Append(json, "added", added);
        if (added.Count > 0 && removed.Count > 0)
        {
            json.Append(',');
        }

        Append(json, "removed", removed);
        return json.Append('}').ToString();
    }

    private static void Append(StringBuilder json, string name, IReadOnlyCollection<Guid> ids)
    {
        if (ids.Count == 0)
        {
            return;
        }

        json.Append('"').Append(name).Append("\":[");
        var first = true;
        foreach (var id in ids)
        {
            json.Append(first ? "\"" : ",\"").Append(id.ToString("D")).Append('"');
            first = false;
        }

        json.Append(']');
    }
}
