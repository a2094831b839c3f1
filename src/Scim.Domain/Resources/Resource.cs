namespace Scim.Domain.Resources;

/// <summary>A change of one resource, for the journal. Before is null for a creation.</summary>
public sealed record ResourceChanged(Document? Before, Document After, bool PasswordChanged);

/// <summary>
/// A resource that guards its rules. State changes through <see cref="Become"/> only; a change to the state it is in
/// raises no event and keeps version and lastModified (RFC 7644 §3.5.2.1).
/// </summary>
public abstract class Resource
{
    protected Resource(Guid id, Document document, long version, DateTimeOffset created, DateTimeOffset lastModified) =>
        (Id, Document, Version, Created, LastModified) = (id, document, version, created, lastModified);

    public Guid Id { get; }

    public Document Document { get; private set; }

    public long Version { get; private set; }

    public DateTimeOffset Created { get; }

    public DateTimeOffset LastModified { get; private set; }

    /// <summary>What happened since it was loaded; null when nothing did.</summary>
    public ResourceChanged? Change { get; private set; }

    protected abstract void Check(Document candidate);

    /// <param name="next">What it is to be.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="isWhole">The client sent all of it (PUT), not a part (PATCH).</param>
    /// <param name="passwordChanged">A change that the document does not show.</param>
    protected void Become(Document next, DateTimeOffset now, bool isWhole, bool passwordChanged = false)
    {
        DocumentRules.Check(next, Document, isWhole);
        Check(next);
        if (next.Equals(Document) && !passwordChanged)
        {
            return;
        }

        Change = new ResourceChanged(
            Change is null ? Document : Change.Before,
            next,
            passwordChanged || Change is { PasswordChanged: true }
        );
        (Document, Version, LastModified) = (next, Version + 1, now);
    }

    protected void BeCreated(bool passwordChanged)
    {
        DocumentRules.Check(Document, null, isWhole: true);
        Check(Document);
        Change = new ResourceChanged(null, Document, passwordChanged);
    }
}
