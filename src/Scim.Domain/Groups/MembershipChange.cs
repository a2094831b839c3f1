using Scim.Domain.Filters;

namespace Scim.Domain.Groups;

/// <summary>
/// What a request wants of a group's members, as steps in order. Applied by set-based SQL, so the members are never
/// loaded. Ids that cannot be ids are kept as text in <see cref="MembershipStep.Unknown"/>.
/// </summary>
public sealed class MembershipChange
{
    private readonly List<MembershipStep> _steps = [];

    // The ids of the last step that adds or removes; the step holds this same list.
    private List<Guid> _lastIds = [];

    public IReadOnlyList<MembershipStep> Steps => _steps;

    public bool IsEmpty => _steps.Count == 0;

    public void Clear()
    {
        _steps.Clear();
        _steps.Add(new MembershipStep(MembershipAction.Clear, []));
    }

    public void Add(IEnumerable<string> ids) => Append(MembershipAction.Add, ids);

    public void Remove(IEnumerable<string> ids) => Append(MembershipAction.Remove, ids);

    public void RemoveWhere(Filter filter) =>
        _steps.Add(new MembershipStep(MembershipAction.RemoveWhere, []) { Filter = filter });

    /// <summary>PUT and POST: exactly these members.</summary>
    public static MembershipChange Exactly(IEnumerable<string> ids)
    {
        var change = new MembershipChange();
        change.Clear();
        change.Add(ids);
        return change;
    }

    private void Append(MembershipAction action, IEnumerable<string> ids)
    {
        // Adjacent steps of one kind are one step: 50 single removals are one statement.
        var joins = _steps.Count > 0 && _steps[^1].Action == action;
        var known = joins ? _lastIds : [];
        var unknown = joins ? _steps[^1].Unknown : null;
        foreach (var id in ids)
        {
            if (Guid.TryParseExact(id, "D", out var parsed))
            {
                known.Add(parsed);
            }
            else
            {
                unknown ??= id;
            }
        }

        if (joins)
        {
            _steps[^1] = _steps[^1] with { Unknown = unknown };
        }
        else if (known.Count > 0 || unknown is not null)
        {
            _lastIds = known;
            _steps.Add(new MembershipStep(action, known) { Unknown = unknown });
        }
    }
}

public enum MembershipAction
{
    Add,
    Remove,
    RemoveWhere,
    Clear,
}

/// <param name="Action">What to do.</param>
/// <param name="Ids">The members it names; empty for clear and filters.</param>
public sealed record MembershipStep(MembershipAction Action, IReadOnlyList<Guid> Ids)
{
    /// <summary>The first value that is no id of this service. Adding it is refused; removing it changes nothing.</summary>
    public string? Unknown { get; init; }

    /// <summary>Over the sub-attributes of a member, for <see cref="MembershipAction.RemoveWhere"/>.</summary>
    public Filter? Filter { get; init; }
}
