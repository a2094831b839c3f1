namespace Scim.Domain.Tenants;

/// <summary>A way in which real clients depart from RFC 7643/7644. Stored per client and kind.</summary>
public enum Deviation
{
    /// <summary>PATCH <c>op</c> in another case than lower (<c>Add</c>, <c>Replace</c>).</summary>
    CapitalisedOperation,

    /// <summary>A boolean as text (<c>"True"</c>).</summary>
    StringBoolean,

    /// <summary>A number as text (<c>"5"</c>).</summary>
    StringNumber,

    /// <summary><c>remove</c> with a path and a <c>value</c> that lists what to remove.</summary>
    RemoveWithValue,

    /// <summary>A key such as <c>name.givenName</c>, a URN path or a filtered path in a value without <c>path</c>.</summary>
    DottedKey,

    /// <summary>The manager, or another reference, as bare text or as an array of one.</summary>
    BareReference,

    /// <summary>An extension attribute named without its URN.</summary>
    BareExtensionAttribute,

    /// <summary>add or replace on a value path that matches nothing, which creates the element.</summary>
    CreateOnMissingValuePath,

    /// <summary>An attribute that no schema of the tenant defines.</summary>
    UnknownAttribute,

    /// <summary>A URN in <c>schemas</c> that is not registered, or the resource's own URN missing from it.</summary>
    UnknownSchema,

    /// <summary>One object or scalar where an array is due, or an array of one where a single value is due.</summary>
    SingleValueForMultiValued,

    /// <summary>More than one element marked primary; the last one wins.</summary>
    SeveralPrimaries,
}

/// <summary>What one request deviated in: filled while it is read, stored per client after it succeeded.</summary>
public sealed class DeviationLog(ClientProfile profile)
{
    private HashSet<Deviation>? _seen;

    public IReadOnlyCollection<Deviation> Seen => _seen ?? (IReadOnlyCollection<Deviation>)[];

    /// <summary>True when the profile tolerates the deviation, which is then recorded.</summary>
    public bool Tolerates(Deviation deviation)
    {
        if (!profile.Tolerates(deviation))
        {
            return false;
        }

        (_seen ??= []).Add(deviation);
        return true;
    }
}
