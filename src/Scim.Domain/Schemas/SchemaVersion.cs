using Scim.Domain.Errors;

namespace Scim.Domain.Schemas;

/// <summary>
/// What a new version of a tenant's schema may change. Resources written under the old one stay as they are, so it may add
/// and relax, and must not remove an attribute or change how its values are bound, compared or kept apart.
/// </summary>
public static class SchemaVersion
{
    /// <exception cref="ScimException">400 invalidValue that names the attribute and the characteristic.</exception>
    public static void CheckSucceeds(SchemaDocument next, SchemaDocument previous)
    {
        if (next.Urn != previous.Urn)
        {
            throw ScimError.InvalidValue($"id must be spelled as it was: {previous.Urn}.");
        }

        Check(Compile(next), Compile(previous));
    }

    private static AttributeTable Compile(SchemaDocument schema) =>
        new([.. schema.Attributes.EnumerateArray().Select((a, i) => AttributeDefinition.Read(a, i, "", _ => false))]);

    private static void Check(AttributeTable next, AttributeTable previous)
    {
        foreach (var old in previous)
        {
            // Stored values carry the name as it was spelled.
            if (next.Find(old.Name) is not { } attribute || attribute.Name != old.Name)
            {
                throw ScimError.InvalidValue(
                    $"The new version lacks the attribute {old.Path}; send the whole schema, with every name spelled as it was."
                );
            }

            Check(attribute, old);
        }
    }

    private static void Check(AttributeDefinition next, AttributeDefinition old)
    {
        Same("type", old.Type, next.Type);
        Same("multiValued", old.MultiValued, next.MultiValued);
        Same("caseExact", old.CaseExact, next.CaseExact);
        Same("uniqueness", old.Uniqueness, next.Uniqueness);
        if (next.Required && !old.Required)
        {
            throw Refused("required", "false", "true");
        }

        // No client has set a readOnly value, so nothing can be in the way of another mutability.
        if (
            next.Mutability != old.Mutability
            && next.Mutability != Mutability.ReadWrite
            && old.Mutability != Mutability.ReadOnly
        )
        {
            throw Refused("mutability", Word(old.Mutability), Word(next.Mutability));
        }

        Check(next.Attributes, old.Attributes);
        if (
            old.MultiValued
            && next.Attributes.FirstOrDefault(sub => sub.Required && old.Attributes.Find(sub.Name) is null) is { } added
        )
        {
            throw ScimError.InvalidValue(
                $"{added.Path} is new and required, but there may be values of {old.Path} without it."
            );
        }

        void Same<T>(string characteristic, T before, T after)
            where T : notnull
        {
            if (!before.Equals(after))
            {
                throw Refused(characteristic, Word(before), Word(after));
            }
        }

        ScimException Refused(string characteristic, string before, string after) =>
            ScimError.InvalidValue(
                $"Attribute {old.Path}: {characteristic} is {before} and cannot become {after}; there may be values under it. Give the attribute another name."
            );
    }

    private static string Word<T>(T value)
        where T : notnull
    {
        var text = value.ToString()!;
        return char.ToLowerInvariant(text[0]) + text[1..];
    }
}
