namespace Scim.Domain.Tenants;

/// <summary>
/// The set of deviations from RFC 7643/7644 that a SCIM client's requests may show. A deviation outside the set is
/// refused as the RFC says; one inside it is tolerated and reported to the <see cref="DeviationLog"/> of the request.
/// </summary>
public sealed class ClientProfile
{
    private static readonly Dictionary<string, ClientProfile> ByName = new(StringComparer.Ordinal);

    public static readonly ClientProfile Auto = Define("auto", Enum.GetValues<Deviation>());

    public static readonly ClientProfile Strict = Define("strict", []);

    /// <summary>Microsoft Entra ID in both of its dialects, which arrive from one tenant.</summary>
    public static readonly ClientProfile Entra = Define(
        "entra",
        [
            Deviation.CapitalisedOperation,
            Deviation.StringBoolean,
            Deviation.RemoveWithValue,
            Deviation.DottedKey,
            Deviation.BareReference,
            Deviation.BareExtensionAttribute,
            Deviation.CreateOnMissingValuePath,
            Deviation.UnknownAttribute,
            Deviation.UnknownSchema,
        ]
    );

    /// <summary>Entra's older jobs (<c>customappsso</c>): the manager as an array of one, and no PATCH without a path.</summary>
    public static readonly ClientProfile EntraLegacy = Define(
        "entra-legacy",
        [
            Deviation.CapitalisedOperation,
            Deviation.StringBoolean,
            Deviation.RemoveWithValue,
            Deviation.SingleValueForMultiValued,
            Deviation.BareReference,
            Deviation.BareExtensionAttribute,
            Deviation.CreateOnMissingValuePath,
            Deviation.UnknownAttribute,
            Deviation.UnknownSchema,
        ]
    );

    /// <summary>Okta keeps to the RFCs but for attributes and URNs of the application's own.</summary>
    public static readonly ClientProfile Okta = Define("okta", [Deviation.UnknownAttribute, Deviation.UnknownSchema]);

    private readonly HashSet<Deviation> _tolerated;

    private ClientProfile(string name, IEnumerable<Deviation> tolerated)
    {
        Name = name;
        _tolerated = [.. tolerated];
    }

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    public string Name { get; }

    /// <summary>The profile of that name, or null.</summary>
    public static ClientProfile? Find(string name) => ByName.GetValueOrDefault(name);

    public bool Tolerates(Deviation deviation) => _tolerated.Contains(deviation);

    private static ClientProfile Define(string name, IEnumerable<Deviation> tolerated) =>
        ByName[name] = new ClientProfile(name, tolerated);
}
