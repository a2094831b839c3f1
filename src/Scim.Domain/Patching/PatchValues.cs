using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>Binds the values of operations to the attributes that their paths name.</summary>
internal sealed class PatchValues(DeviationLog deviations)
{
    public Value? Bind(ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var reader = JsonText.Open(value.Span);
        reader.Read();
        return ValueReader.Read(ref reader, attribute, deviations);
    }

    /// <summary>One element of a multi-valued attribute.</summary>
    public Value? BindElement(ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var reader = JsonText.Open(value.Span);
        reader.Read();
        return reader.TokenType == JsonTokenType.Null
            ? null
            : ValueReader.ReadSingle(ref reader, attribute, deviations);
    }

    /// <summary>The members of an object, each with its JSON text.</summary>
    /// <param name="path">What holds the object, for errors.</param>
    public static List<(string Name, ReadOnlyMemory<byte> Value)> Members(ReadOnlyMemory<byte> json, string path)
    {
        var members = new List<(string, ReadOnlyMemory<byte>)>();
        var reader = JsonText.Open(json.Span);
        if (json.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw ScimError.InvalidValue($"{path} must be an object whose keys are attributes (RFC 7644 §3.5.2).");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonText.Get(ref reader);
            if (!names.Add(name))
            {
                throw ValueReader.Twice(JsonText.Quote(name));
            }

            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members.Add((name, json[start..(int)reader.BytesConsumed]));
        }

        return members;
    }

    // RFC 7644 §3.5.2.3: sub-attributes that are not named stay; null ones are unassigned.
    public ComplexValue? Merge(ComplexValue? current, ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var merged = current ?? ComplexValue.Empty(attribute.Attributes);
        foreach (var (name, part) in Members(value, attribute.Path))
        {
            var sub = attribute.Attributes.Find(name);
            if (
                sub is null
                && name.Equals("managerId", StringComparison.OrdinalIgnoreCase)
                && deviations.Tolerates(Deviation.BareReference)
            )
            {
                sub = attribute.Value;
            }

            if (sub is null)
            {
                if (!deviations.Tolerates(Deviation.UnknownAttribute))
                {
                    throw ScimError.InvalidPath($"{attribute.Path} has no sub-attribute {JsonText.Quote(name)}.");
                }
            }
            else if (!sub.Derived && sub.Mutability != Mutability.ReadOnly)
            {
                merged = merged.With(sub, Bind(part, sub));
            }
        }

        return merged.IsEmpty ? null : merged;
    }
}
