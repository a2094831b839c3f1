using Scim.Domain.Patching;
using Scim.Domain.Resources;
using Scim.Domain.Tenants;

namespace Scim.Domain.Groups;

/// <summary>A group (RFC 7643 §4.2) without its members, which are rows of their own and change by <see cref="MembershipChange"/>.</summary>
public sealed class Group : Resource
{
    private Group(Guid id, Document document, long version, DateTimeOffset created, DateTimeOffset lastModified)
        : base(id, document, version, created, lastModified) { }

    public string DisplayName => Document.Text("displayName")!;

    public static Group Create(ResourceBody body, DeviationLog deviations, DateTimeOffset now)
    {
        var group = new Group(Guid.CreateVersion7(now), DocumentRules.Tidy(body.Document, deviations), 1, now, now);
        group.BeCreated(passwordChanged: false);
        return group;
    }

    public static Group Load(
        Guid id,
        Document document,
        long version,
        DateTimeOffset created,
        DateTimeOffset lastModified
    ) => new(id, document, version, created, lastModified);

    /// <summary>PUT of the attributes; members are replaced beside it.</summary>
    public void Replace(ResourceBody body, DeviationLog deviations, DateTimeOffset now) =>
        Become(
            DocumentRules.KeepImmutable(DocumentRules.Tidy(body.Document, deviations), Document),
            now,
            isWhole: true
        );

    public void Patch(PatchOutcome outcome, DateTimeOffset now) => Become(outcome.Document, now, isWhole: false);

    protected override void Check(Document candidate) { }
}
