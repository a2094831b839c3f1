using Scim.Domain.Errors;

namespace Scim.Domain.Schemas;

/// <summary>What a new version of a schema demands that the old one did not.</summary>
/// <param name="Path">The attribute of the old version, without the URN: <c>desk.room</c>.</param>
/// <param name="Reason">In words, for who sent the version.</param>
/// <param name="OfAbsence">In its way are resources without a value; else those that have one.</param>
/// <param name="IsHidden">The attribute is never returned, so it cannot be asked for.</param>
public sealed record Narrowing(string Path, string Reason, bool OfAbsence, bool IsHidden);

/// <summary>
/// What a new version of a tenant's schema changes. Resources written under the old one stay as they are, so it may add
/// and relax; to remove an attribute, or to change how its values are bound, compared or kept apart, is narrower and asks
/// for a look at what is stored.
/// </summary>
public static class SchemaVersion
{
    /// <exception cref="ScimException">400 invalidValue for an id in another spelling.</exception>
    public static IReadOnlyList<Narrowing> Narrowings(SchemaDocument next, SchemaDocument previous)
    {
        if (next.Urn != previous.Urn)
        {
            throw ScimError.InvalidValue($"id must be spelled as it was: {previous.Urn}.");
        }

        return [.. Between(Compile(next), Compile(previous), isHidden: false)];
    }

    private static AttributeTable Compile(SchemaDocument schema) =>
        new([.. schema.Attributes.EnumerateArray().Select((a, i) => AttributeDefinition.Read(a, i, "", _ => false))]);

    private static IEnumerable<Narrowing> Between(AttributeTable next, AttributeTable previous, bool isHidden)
    {
        foreach (var old in previous)
        {
            var hidden = isHidden || old.Returned == Returned.Never;
            // Stored values carry the name as it was spelled.
            var narrowings =
                next.Find(old.Name) is { } attribute && attribute.Name == old.Name
                    ? Between(attribute, old, hidden)
                    :
                    [
                        new Narrowing(
                            old.Path,
                            $"The new version lacks the attribute {old.Path}; send the whole schema, with every name spelled as it was.",
                            OfAbsence: false,
                            hidden
                        ),
                    ];
            foreach (var narrowing in narrowings)
            {
                yield return narrowing;
            }
        }
    }

    private static IEnumerable<Narrowing> Between(AttributeDefinition next, AttributeDefinition old, bool isHidden)
    {
        var changed =
            Changed("type", old.Type, next.Type)
            ?? Changed("multiValued", old.MultiValued, next.MultiValued)
            ?? Changed("caseExact", old.CaseExact, next.CaseExact)
            ?? Changed("uniqueness", old.Uniqueness, next.Uniqueness);
        if (changed is not null)
        {
            yield return changed;
        }

        if (next.Required && !old.Required)
        {
            yield return Refused("required", "false", "true") with
            {
                OfAbsence = true,
            };
        }

        // No client has set a readOnly value, so nothing can be in the way of another mutability.
        if (
            next.Mutability != old.Mutability
            && next.Mutability != Mutability.ReadWrite
            && old.Mutability != Mutability.ReadOnly
        )
        {
            yield return Refused("mutability", Word(old.Mutability), Word(next.Mutability));
        }

        foreach (var narrowing in Between(next.Attributes, old.Attributes, isHidden))
        {
            yield return narrowing;
        }

        if (
            old.MultiValued
            && next.Attributes.FirstOrDefault(sub => sub.Required && old.Attributes.Find(sub.Name) is null) is { } added
        )
        {
            yield return new Narrowing(
                old.Path,
                $"{added.Path} is new and required, but there may be values of {old.Path} without it.",
                OfAbsence: false,
                isHidden
            );
        }

        Narrowing? Changed<T>(string characteristic, T before, T after)
            where T : notnull => before.Equals(after) ? null : Refused(characteristic, Word(before), Word(after));

        Narrowing Refused(string characteristic, string before, string after) =>
            new(
                old.Path,
                $"Attribute {old.Path}: {characteristic} is {before} and cannot become {after}; there may be values under it. Give the attribute another name.",
                OfAbsence: false,
                isHidden
            );
    }

    private static string Word<T>(T value)
        where T : notnull
    {
        var text = value.ToString()!;
        return char.ToLowerInvariant(text[0]) + text[1..];
    }
}
