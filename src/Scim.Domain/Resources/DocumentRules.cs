using System.Text;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Domain.Text;

namespace Scim.Domain.Resources;

/// <summary>What a schema demands of a whole document (RFC 7643 §2.2, §2.4): required attributes, immutable ones, one primary.</summary>
public static class DocumentRules
{
    /// <summary>Attributes that have an index are bounded, since no index takes a key of any length.</summary>
    private const int MaxIndexedBytes = 1024;

    private static readonly HashSet<string> Indexed = new(StringComparer.Ordinal)
    {
        "userName",
        "externalId",
        "displayName",
        "name.familyName",
        "name.givenName",
        "emails.value",
    };

    /// <summary>A PUT (RFC 7644 §3.5.1): immutable attributes that are left out keep their value.</summary>
    public static Document KeepImmutable(Document incoming, Document current)
    {
        return incoming.With(KeepImmutable(incoming.Root, current.Root));
    }

    private static ComplexValue KeepImmutable(ComplexValue incoming, ComplexValue current)
    {
        foreach (var attribute in incoming.Table)
        {
            if (attribute.Mutability == Mutability.Immutable)
            {
                incoming = incoming.With(attribute, incoming[attribute] ?? current[attribute]);
            }
            else if (current[attribute] is ComplexValue before)
            {
                var after = KeepImmutable(
                    incoming[attribute] as ComplexValue ?? ComplexValue.Empty(attribute.Attributes),
                    before
                );
                incoming = incoming.With(attribute, after.IsEmpty ? null : after);
            }
        }

        return incoming;
    }

    /// <summary>No value twice, and one primary per attribute: the last one stays if the profile tolerates several.</summary>
    public static Document Tidy(Document document, DeviationLog deviations)
    {
        var root = document.Root;
        foreach (var attribute in document.Schema.Root)
        {
            if (attribute.IsExtension && root[attribute] is ComplexValue extension)
            {
                foreach (var inner in attribute.Attributes)
                {
                    extension = extension.With(inner, OnePrimary(inner, Distinct(extension[inner]), deviations));
                }

                root = root.With(attribute, extension);
            }
            else
            {
                root = root.With(attribute, OnePrimary(attribute, Distinct(root[attribute]), deviations));
            }
        }

        return document.With(root);
    }

    /// <param name="document">What the resource is to be.</param>
    /// <param name="current">What it was; null when it is created.</param>
    /// <param name="isWhole">
    /// The client sent all of it. Otherwise what was missing before may stay so: a schema can demand more than when the
    /// resource was written.
    /// </param>
    /// <exception cref="ScimException">400 invalidValue or mutability, naming the attribute.</exception>
    public static void Check(Document document, Document? current, bool isWhole)
    {
        var kept = isWhole ? null : current?.Root;
        foreach (var attribute in document.Schema.Root)
        {
            var value = document.Root[attribute];
            // RFC 7643 §4.1.1: userName must not be empty; white space alone names nobody.
            var isEmpty = value is null || (value is TextValue text && string.IsNullOrWhiteSpace(text.Text));
            if (attribute.IsDemanded && isEmpty && !(kept is not null && kept[attribute] is null))
            {
                throw Missing(attribute);
            }

            if (value is not null)
            {
                CheckInside(attribute, value, kept?[attribute]);
            }

            CheckImmutable(attribute, current?.Root[attribute], value);
        }
    }

    private static void CheckInside(AttributeDefinition attribute, Value value, Value? kept)
    {
        switch (value)
        {
            case var _ when ReferenceEquals(value, kept):
                break;
            case ListValue list:
                foreach (var item in list.Items)
                {
                    CheckInside(attribute, item, null);
                }

                break;
            case ComplexValue complex:
                var before = kept as ComplexValue;
                foreach (var sub in attribute.Attributes)
                {
                    if (complex[sub] is { } inner)
                    {
                        CheckInside(sub, inner, before?[sub]);
                    }
                    else if (sub.IsDemanded && !(before is not null && before[sub] is null))
                    {
                        throw Missing(sub);
                    }
                }

                break;
            // Folding can make 33 bytes of one character (U+FDFA).
            case TextValue text when text.Text.Length > MaxIndexedBytes / 33 && IsIndexed(attribute):
                if (Encoding.UTF8.GetByteCount(attribute.Folds ? Folding.Fold(text.Text) : text.Text) > MaxIndexedBytes)
                {
                    throw ScimError.InvalidValue($"{attribute.Path} is longer than {MaxIndexedBytes} bytes.");
                }

                break;
        }
    }

    private static bool IsIndexed(AttributeDefinition attribute) =>
        attribute.Uniqueness != Uniqueness.None || Indexed.Contains(attribute.Path);

    private static void CheckImmutable(AttributeDefinition attribute, Value? before, Value? after)
    {
        if (before is null)
        {
            return;
        }

        if (attribute.Mutability == Mutability.Immutable)
        {
            if (!before.Equals(after))
            {
                throw ScimError.Mutability($"{attribute.Path} is immutable and has a value already (RFC 7643 §7).");
            }
        }
        else if (before is ComplexValue complex)
        {
            // Removing the whole would remove an immutable part.
            var next = after as ComplexValue;
            foreach (var sub in attribute.Attributes)
            {
                CheckImmutable(sub, complex[sub], next?[sub]);
            }
        }
    }

    // RFC 7643 §2.4: the same value is not returned more than once.
    internal static Value? Distinct(Value? value) =>
        value is ListValue { Items.Count: > 1 } list && new HashSet<Value>(list.Items).Count < list.Items.Count
            ? new ListValue([.. list.Items.Distinct()])
            : value;

    private static Value? OnePrimary(AttributeDefinition attribute, Value? value, DeviationLog deviations)
    {
        if (attribute.Primary is not { } primary || value is not ListValue list)
        {
            return value;
        }

        var marked = Enumerable
            .Range(0, list.Items.Count)
            .Where(i => ((ComplexValue)list.Items[i]).IsTrue(primary))
            .ToArray();
        if (marked.Length < 2)
        {
            return value;
        }

        if (!deviations.Tolerates(Deviation.SeveralPrimaries))
        {
            throw ScimError.InvalidValue(
                $"{attribute.Path} has {marked.Length} values marked primary; one is allowed (RFC 7643 §2.4)."
            );
        }

        var items = list.Items.ToArray();
        foreach (var i in marked[..^1])
        {
            items[i] = ((ComplexValue)items[i]).With(primary, BooleanValue.False);
        }

        return ListValue.Of(items);
    }

    private static ScimException Missing(AttributeDefinition attribute) =>
        ScimError.InvalidValue(
            attribute.IsExtension
                ? $"The extension {attribute.Path} is required (RFC 7643 §6)."
                : $"{attribute.Path} is required (RFC 7643 §2.2)."
        );
}
