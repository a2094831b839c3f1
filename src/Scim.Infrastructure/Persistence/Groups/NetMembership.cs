using Scim.Domain.Filters;
using Scim.Domain.Groups;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// What the steps of a change come to: membership is a set, so of each id only its last mention counts. O(ids).
/// </summary>
internal sealed class NetMembership
{
    private readonly HashSet<Guid> _in = [];
    private readonly HashSet<Guid> _out = [];
    private readonly List<Where> _removed = [];

    private NetMembership() { }

    /// <summary>All members go, but those of <see cref="In"/>.</summary>
    public bool Clears { get; private set; }

    public IReadOnlyCollection<Guid> In => _in;

    public IReadOnlyCollection<Guid> Out => _out;

    /// <summary>Members who go because they match.</summary>
    public IReadOnlyList<Where> Removed => _removed;

    /// <summary>A value to be added that is no id.</summary>
    public string? Unknown { get; private set; }

    public static NetMembership Of(MembershipChange change)
    {
        var net = new NetMembership();
        foreach (var step in change.Steps)
        {
            net.Take(step);
        }

        return net;
    }

    private void Take(MembershipStep step)
    {
        switch (step.Action)
        {
            case MembershipAction.Clear:
                Clears = true;
                break;
            case MembershipAction.RemoveWhere:
                _removed.Add(new Where(step.Filter!, [.. _in], []));
                break;
            case MembershipAction.Add:
                Unknown ??= step.Unknown;
                _in.UnionWith(step.Ids);
                _out.ExceptWith(step.Ids);
                Spare(step.Ids);
                break;
            default:
                _out.UnionWith(step.Ids);
                _in.ExceptWith(step.Ids);
                Spare(step.Ids);
                break;
        }
    }

    private void Spare(IReadOnlyList<Guid> ids)
    {
        foreach (var where in _removed)
        {
            where.Later.UnionWith(ids);
        }
    }

    /// <param name="Filter">Over the sub-attributes of a member.</param>
    /// <param name="Earlier">Ids that were added before it, and may match too.</param>
    /// <param name="Later">Ids that were named after it, to which it does not matter.</param>
    internal sealed record Where(Filter Filter, Guid[] Earlier, HashSet<Guid> Later);
}
