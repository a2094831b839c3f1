using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Benchmarks;

/// <summary>One ordinary user as an identity provider sends it, 1.2 kB, and the same as it is stored.</summary>
internal static class Sample
{
    public const string BaseUrl = "https://scim.example.com/scim/v2";

    public static readonly Guid Id = new("01890a5d-ac96-774b-bcce-b302099a8057");

    public static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static readonly ResourceSchema Schema = ResourceSchema.User();

    public static readonly byte[] Body =
        """
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId":"00u1a2b3c4d5e6f7g8h9","userName":"Barbara.Jensen@example.com","displayName":"Barbara Jensen",
        "name":{"formatted":"Ms. Barbara J Jensen, III","familyName":"Jensen","givenName":"Barbara","middleName":"Jane","honorificPrefix":"Ms.","honorificSuffix":"III"},
        "nickName":"Babs","title":"Tour Guide","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","active":true,
        "emails":[{"value":"Barbara.Jensen@example.com","type":"work","primary":true},{"value":"babs@example.org","type":"home"}],
        "phoneNumbers":[{"value":"+1-555-555-8377","type":"work"},{"value":"+1-555-555-4444","type":"mobile"}],
        "addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","primary":true}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios","division":"Theme Park","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}
        """u8.ToArray();

    public static Document Document { get; } = DocumentReader.ReadBody(Body, Schema, Deviations()).Document;

    public static StoredDocument Stored { get; } = DocumentWriter.Write(Document, Id);

    public static StoredResource Resource { get; } =
        new(Id, Stored.Bytes, 1, Time, Time) { ManagerEnd = Stored.ManagerEnd };

    public static DeviationLog Deviations() => new(ClientProfile.Auto);
}
