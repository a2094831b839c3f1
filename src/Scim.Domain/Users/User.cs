using Scim.Domain.Errors;
using Scim.Domain.Patching;
using Scim.Domain.Resources;
using Scim.Domain.Tenants;

namespace Scim.Domain.Users;

/// <summary>A user (RFC 7643 §4.1). <c>active</c> is true when a creation leaves it out, and is never unassigned afterwards.</summary>
public sealed class User : Resource
{
    private User(
        Guid id,
        Document document,
        string? passwordHash,
        long version,
        DateTimeOffset created,
        DateTimeOffset lastModified
    )
        : base(id, document, version, created, lastModified) => PasswordHash = passwordHash;

    public string UserName => Document.Text("userName")!;

    public bool Active => Document.Root.IsTrue(Document.Schema.Root.Find("active"));

    public string? PasswordHash { get; private set; }

    public static User Create(ResourceBody body, string? passwordHash, DeviationLog deviations, DateTimeOffset now)
    {
        var document = WithActive(DocumentRules.Tidy(body.Document, deviations), BooleanValue.True);
        var user = new User(Guid.CreateVersion7(now), document, passwordHash, 1, now, now);
        user.BeCreated(passwordHash is not null);
        return user;
    }

    public static User Load(
        Guid id,
        Document document,
        long version,
        DateTimeOffset created,
        DateTimeOffset lastModified
    ) => new(id, document, null, version, created, lastModified);

    /// <summary>PUT: what is left out is cleared, except <c>active</c> and <c>password</c> (a dismissed person must not come back).</summary>
    public void Replace(ResourceBody body, string? passwordHash, DeviationLog deviations, DateTimeOffset now)
    {
        var next = DocumentRules.KeepImmutable(DocumentRules.Tidy(body.Document, deviations), Document);
        Become(WithActive(next, BooleanValue.Of(Active)), now, isWhole: true, passwordHash is not null);
        SetPassword(passwordHash, passwordHash is not null);
    }

    public void Patch(PatchOutcome outcome, string? passwordHash, DateTimeOffset now)
    {
        Become(outcome.Document, now, isWhole: false, outcome.PasswordTouched);
        SetPassword(passwordHash, outcome.PasswordTouched);
    }

    /// <summary>True when the change sets or clears the password hash.</summary>
    public bool PasswordChanged { get; private set; }

    protected override void Check(Document candidate)
    {
        var active = candidate.Schema.Root.Find("active")!;
        if (candidate.Root[active] is null)
        {
            throw ScimError.InvalidValue("active cannot be unassigned; set it to true or false.");
        }
    }

    private void SetPassword(string? hash, bool changed) => (PasswordHash, PasswordChanged) = (hash, changed);

    private static Document WithActive(Document document, BooleanValue fallback)
    {
        var active = document.Schema.Root.Find("active")!;
        return document.Root[active] is null ? document.With(document.Root.With(active, fallback)) : document;
    }
}
