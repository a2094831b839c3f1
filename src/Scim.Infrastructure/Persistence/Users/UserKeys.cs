using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Infrastructure.Persistence.Users;

/// <summary>What a user's row holds beside the document: folded keys that clients search by, and what others show of the user.</summary>
internal sealed record UserKeys(
    string UserName,
    string? ExternalId,
    string? DisplayName,
    string? FamilyName,
    string? GivenName,
    bool Active,
    string Display,
    Guid? ManagerId,
    IReadOnlyList<string> Emails
)
{
    public string? FirstEmail => Emails.Count > 0 ? Emails[0] : null;

    public static UserKeys Of(Document document)
    {
        var schema = document.Schema;
        var userName = document.Text("userName")!;
        var displayName = document.Text("displayName");
        return new UserKeys(
            Folding.Fold(userName),
            document.Text("externalId"),
            Fold(displayName),
            Fold(document.Text("name", "familyName")),
            Fold(document.Text("name", "givenName")),
            document.Root.IsTrue(schema.Root.Find("active")),
            displayName ?? userName,
            Manager(document),
            EmailsOf(document)
        );
    }

    private static string? Fold(string? text) => text is null ? null : Folding.Fold(text);

    private static Guid? Manager(Document document)
    {
        var extension = document.Schema.Root.Find(Urns.EnterpriseUser);
        var manager = extension?.Attributes.Find("manager");
        return
            manager is not null
            && document.Root[extension!] is ComplexValue values
            && values[manager] is ComplexValue value
            && Guid.TryParseExact(value.Text(manager.Value), "D", out var id)
            ? id
            : null;
    }

    private static List<string> EmailsOf(Document document)
    {
        var emails = document.Schema.Root.Find("emails")!;
        var keys = new List<string>();
        foreach (var item in (document.Root[emails] as ListValue)?.Items ?? [])
        {
            if (
                ((ComplexValue)item).Text(emails.Value) is { } text
                && Folding.Fold(text) is var key
                && !keys.Contains(key)
            )
            {
                keys.Add(key);
            }
        }

        return keys;
    }
}
