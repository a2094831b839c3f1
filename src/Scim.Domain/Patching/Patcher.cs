using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Groups;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>What a PATCH makes of a resource, before the aggregate checks and takes it.</summary>
/// <param name="Document">The document after all operations.</param>
/// <param name="PasswordTouched">True when an operation set or removed the password.</param>
/// <param name="Password">The new password in plain text, null when removed.</param>
/// <param name="Members">What the operations want of the members; empty for users.</param>
public sealed record PatchOutcome(Document Document, bool PasswordTouched, string? Password, MembershipChange Members);

/// <summary>
/// Applies a PatchOp to a document (RFC 7644 §3.5.2): operations in order on immutable values, so all of them take
/// effect or, when one throws, none.
/// </summary>
public sealed class Patcher
{
    private readonly ResourceSchema _schema;
    private readonly DeviationLog _deviations;
    private readonly MembershipChange _members = new();
    private ComplexValue _root;
    private bool _passwordTouched;
    private string? _password;

    private Patcher(Document document, DeviationLog deviations) =>
        (_schema, _root, _deviations) = (document.Schema, document.Root, deviations);

    public static PatchOutcome Apply(Document document, PatchRequest request, DeviationLog deviations)
    {
        var patcher = new Patcher(document, deviations);
        foreach (var operation in request.Operations)
        {
            if (operation.Path is null)
            {
                patcher.ApplyWithoutPath(operation);
            }
            else if (PatchPath.Resolve(document.Schema, operation.Path, deviations) is { } path)
            {
                patcher.Apply(operation, path);
            }
        }

        return new PatchOutcome(
            document.With(patcher._root),
            patcher._passwordTouched,
            patcher._password,
            patcher._members
        );
    }

    // RFC 7644 §3.5.2.1, §3.5.2.3: without a path the value is an object whose keys are attributes.
    private void ApplyWithoutPath(PatchOperation operation)
    {
        if (operation.Kind == PatchKind.Remove)
        {
            throw ScimError.NoTarget("remove needs a path (RFC 7644 §3.5.2.2).");
        }

        foreach (var (name, value) in Members(operation.Value, "value"))
        {
            ApplyKey(operation.Kind, name, value);
        }
    }

    private void ApplyKey(PatchKind kind, string name, ReadOnlyMemory<byte> value)
    {
        var attribute = _schema.Root.Find(name);
        if (attribute is null)
        {
            var path = ResolveKey(name);
            if (path is null)
            {
                return;
            }

            attribute = path.Attribute.Target;
            if (!Ignored(path.Attribute))
            {
                Apply(new PatchOperation(kind, name, value), path);
            }

            return;
        }

        var whole = new AttributePath(null, attribute, null);
        if (!Ignored(whole))
        {
            Apply(new PatchOperation(kind, name, value), new PatchPath(whole, null));
        }
    }

    private PatchPath? ResolveKey(string name)
    {
        var isPath = name.AsSpan().IndexOfAny(".[:") >= 0;
        if (isPath && !_deviations.Tolerates(Deviation.DottedKey))
        {
            throw ScimError.InvalidPath(
                $"{JsonText.Quote(name)} is a path; as a key of value only attribute names and schema URNs are allowed (RFC 7644 §3.5.2)."
            );
        }

        try
        {
            return PatchPath.Resolve(_schema, name, _deviations);
        }
        catch (ScimException exception)
            when (exception.Error.ScimType == "invalidPath" && _deviations.Tolerates(Deviation.UnknownAttribute))
        {
            return null;
        }
    }

    // As a key, what the client may not write is ignored; as a path it is an error.
    private static bool Ignored(AttributePath path) =>
        path.Root.Mutability == Mutability.ReadOnly
        || path.Target.Mutability == Mutability.ReadOnly
        || path.Target.Derived;

    private void Apply(PatchOperation operation, PatchPath path)
    {
        var attribute = path.Attribute.Attribute;
        if (attribute.Mutability == Mutability.ReadOnly || path.Attribute.Target.Mutability == Mutability.ReadOnly)
        {
            throw ScimError.Mutability($"{path.Attribute.Target.Path} is readOnly (RFC 7643 §7).");
        }

        if (path.Attribute.Target.Derived)
        {
            return;
        }

        if (operation.Kind != PatchKind.Remove && operation.Value.IsEmpty)
        {
            throw ScimError.InvalidValue(
                $"{operation.Kind.ToString().ToLowerInvariant()} needs a value (RFC 7644 §3.5.2)."
            );
        }

        if (attribute.Relation)
        {
            MembersPatch.Apply(operation, path, _members, _deviations);
        }
        else if (attribute.Mutability == Mutability.WriteOnly)
        {
            _passwordTouched = true;
            _password =
                operation.Kind == PatchKind.Remove ? null : (Bind(operation.Value, attribute) as TextValue)?.Text;
        }
        else if (attribute.IsExtension)
        {
            ApplyToExtension(operation, attribute);
        }
        else
        {
            var holder = path.Attribute.Extension is { } extension
                ? (ComplexValue?)_root[extension] ?? ComplexValue.Empty(extension.Attributes)
                : _root;
            var current = holder[attribute];
            var next = attribute.MultiValued
                ? ApplyToList(operation, path, current as ListValue)
                : ApplyToSingle(operation, path, current);
            CheckUnassigned(operation, path.Attribute, current, next);
            holder = holder.With(attribute, next);
            _root = path.Attribute.Extension is { } owner ? _root.With(owner, holder.IsEmpty ? null : holder) : holder;
        }
    }

    private void ApplyToExtension(PatchOperation operation, AttributeDefinition extension)
    {
        if (operation.Kind == PatchKind.Remove || operation.HasNoValue)
        {
            _root = _root.With(extension, null);
            return;
        }

        foreach (var (name, value) in Members(operation.Value, extension.Path))
        {
            var attribute = extension.Attributes.Find(name);
            if (
                attribute is null
                && name.Equals("managerId", StringComparison.OrdinalIgnoreCase)
                && _deviations.Tolerates(Deviation.BareReference)
            )
            {
                attribute = extension.Attributes.Find("manager");
            }

            if (attribute is null)
            {
                if (!_deviations.Tolerates(Deviation.UnknownAttribute))
                {
                    throw ScimError.InvalidPath($"{extension.Path} has no attribute {JsonText.Quote(name)}.");
                }

                continue;
            }

            var path = new AttributePath(extension, attribute, null);
            if (!Ignored(path))
            {
                Apply(new PatchOperation(operation.Kind, name, value), new PatchPath(path, null));
            }
        }
    }

    private Value? ApplyToSingle(PatchOperation operation, PatchPath path, Value? current)
    {
        var attribute = path.Attribute.Attribute;
        if (path.Element is not null)
        {
            // A filter on a single complex value: it either matches that value or nothing.
            if (current is not ComplexValue element || !path.Element.Matches(element))
            {
                return operation.Kind == PatchKind.Remove ? current : throw NoMatch(path);
            }
        }

        if (path.Attribute.Sub is { } sub)
        {
            // Immutable parts are checked when the aggregate takes the document.
            var complex = current as ComplexValue ?? ComplexValue.Empty(attribute.Attributes);
            var value = operation.Kind == PatchKind.Remove ? null : Bind(operation.Value, sub);
            complex = complex.With(sub, value);
            return complex.IsEmpty ? null : complex;
        }

        if (operation.Kind == PatchKind.Remove)
        {
            return null;
        }

        if (attribute.Type != AttributeType.Complex || operation.HasNoValue)
        {
            return Bind(operation.Value, attribute);
        }

        if (operation.Value.Span[0] != (byte)'{')
        {
            // The manager as bare text or in an array of one.
            return Bind(operation.Value, attribute);
        }

        return Merge(current as ComplexValue, operation.Value, attribute);
    }

    // RFC 7644 §3.5.2.3: sub-attributes that are not named stay; null ones are unassigned.
    private ComplexValue? Merge(ComplexValue? current, ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var merged = current ?? ComplexValue.Empty(attribute.Attributes);
        foreach (var (name, part) in Members(value, attribute.Path))
        {
            var sub = attribute.Attributes.Find(name);
            if (
                sub is null
                && name.Equals("managerId", StringComparison.OrdinalIgnoreCase)
                && _deviations.Tolerates(Deviation.BareReference)
            )
            {
                sub = attribute.Value;
            }

            if (sub is null)
            {
                if (!_deviations.Tolerates(Deviation.UnknownAttribute))
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

    private ListValue? ApplyToList(PatchOperation operation, PatchPath path, ListValue? current)
    {
        var attribute = path.Attribute.Attribute;
        var items = current?.Items.ToList() ?? [];
        var touched = new List<int>();
        if (path.Element is null && path.Attribute.Sub is null)
        {
            ApplyToWholeList(operation, attribute, items, touched);
        }
        else if (attribute.Type != AttributeType.Complex)
        {
            items = ApplyToValues(operation, path, items);
        }
        else
        {
            ApplyToElements(operation, path, items, touched);
        }

        KeepOnePrimary(attribute, items, touched);
        return ListValue.Of(items);
    }

    private void ApplyToWholeList(
        PatchOperation operation,
        AttributeDefinition attribute,
        List<Value> items,
        List<int> touched
    )
    {
        switch (operation.Kind)
        {
            case PatchKind.Remove when operation.HasNoValue:
                items.Clear();
                break;
            case PatchKind.Remove:
                if (!_deviations.Tolerates(Deviation.RemoveWithValue))
                {
                    throw ScimError.InvalidValue(
                        "remove takes no value; select what to remove by a filter in the path (RFC 7644 §3.5.2.2)."
                    );
                }

                var listed = new ListedValues((Bind(operation.Value, attribute) as ListValue)?.Items ?? [], attribute);
                items.RemoveAll(listed.Cover);
                break;
            default:
                var values = (DocumentRules.Distinct(Bind(operation.Value, attribute)) as ListValue)?.Items ?? [];
                CheckPrimaries(attribute, values);
                if (operation.Kind == PatchKind.Replace)
                {
                    items.Clear();
                    items.AddRange(values);
                    touched.AddRange(Enumerable.Range(0, items.Count));
                    break;
                }

                // RFC 7644 §3.5.2.1: a value that is there already is not added again.
                var present = new HashSet<Value>(items);
                foreach (var value in values)
                {
                    if (present.Add(value))
                    {
                        touched.Add(items.Count);
                        items.Add(value);
                    }
                }

                break;
        }
    }

    // RFC 7644 §3.5.2.2: tags[value eq "x"] selects among simple values.
    private List<Value> ApplyToValues(PatchOperation operation, PatchPath path, List<Value> items)
    {
        var element = path.Attribute.Attribute.AsElement();
        var matched = false;
        var kept = new List<Value>(items.Count);
        foreach (var item in items)
        {
            if (!path.Element!.Matches(ComplexValue.Empty(element.Attributes).With(element.Value!, item)))
            {
                kept.Add(item);
                continue;
            }

            matched = true;
            if (
                operation.Kind != PatchKind.Remove
                && BindElement(operation.Value, path.Attribute.Attribute) is { } value
            )
            {
                kept.Add(value);
            }
        }

        return matched || operation.Kind == PatchKind.Remove ? kept : throw NoMatch(path);
    }

    private void ApplyToElements(PatchOperation operation, PatchPath path, List<Value> items, List<int> touched)
    {
        var attribute = path.Attribute.Attribute;
        var matched = false;
        var kept = new List<Value>(items.Count);
        foreach (var item in items)
        {
            var element = (ComplexValue)item;
            var matches = path.Element is null || path.Element.Matches(element);
            matched |= matches;
            if ((matches ? ApplyToElement(operation, path, element) : element) is not { } next)
            {
                continue;
            }

            if (matches)
            {
                touched.Add(kept.Count);
            }

            kept.Add(next);
        }

        items.Clear();
        items.AddRange(kept);
        if (matched || operation.Kind == PatchKind.Remove)
        {
            return;
        }

        if (
            path.Attribute.Sub is { } sub
            && ElementTemplate.Of(path) is { } template
            && _deviations.Tolerates(Deviation.CreateOnMissingValuePath)
        )
        {
            if (Bind(operation.Value, sub) is { } value)
            {
                touched.Add(items.Count);
                items.Add(template.With(sub, value));
            }

            return;
        }

        throw NoMatch(path);
    }

    private ComplexValue? ApplyToElement(PatchOperation operation, PatchPath path, ComplexValue element)
    {
        if (path.Attribute.Sub is { } sub)
        {
            var next = element.With(sub, operation.Kind == PatchKind.Remove ? null : Bind(operation.Value, sub));
            CheckImmutable(path.Attribute.Attribute, element, next);
            return next.IsEmpty ? null : next;
        }

        if (operation.Kind == PatchKind.Remove)
        {
            return null;
        }

        var merges = operation.Kind == PatchKind.Add && operation.Value.Span[0] == (byte)'{';
        var whole = merges
            ? Merge(element, operation.Value, path.Attribute.Attribute)
            : BindElement(operation.Value, path.Attribute.Attribute) as ComplexValue;
        if (whole is not null)
        {
            CheckImmutable(path.Attribute.Attribute, element, whole);
        }

        return whole;
    }

    // An element can be removed, but an immutable part of one that stays keeps its value (RFC 7643 §7).
    private static void CheckImmutable(AttributeDefinition attribute, ComplexValue before, ComplexValue after)
    {
        foreach (var sub in attribute.Attributes)
        {
            if (sub.Mutability == Mutability.Immutable && before[sub] is { } value && !value.Equals(after[sub]))
            {
                throw ScimError.Mutability($"{sub.Path} is immutable and has a value already (RFC 7643 §7).");
            }
        }
    }

    private void CheckPrimaries(AttributeDefinition attribute, IReadOnlyList<Value> values)
    {
        if (
            attribute.Primary is { } primary
            && values.Count(value => ((ComplexValue)value).IsTrue(primary)) > 1
            && !_deviations.Tolerates(Deviation.SeveralPrimaries)
        )
        {
            throw ScimError.InvalidValue(
                $"{attribute.Path} has several values marked primary; one is allowed (RFC 7643 §2.4)."
            );
        }
    }

    // RFC 7644 §3.5.2: setting one primary clears the others.
    private static void KeepOnePrimary(AttributeDefinition attribute, List<Value> items, List<int> touched)
    {
        if (
            attribute.Primary is not { } primary
            || items.Count(item => item is ComplexValue c && c.IsTrue(primary)) < 2
        )
        {
            return;
        }

        var keep = touched.Where(i => ((ComplexValue)items[i]).IsTrue(primary)).DefaultIfEmpty(-1).Max();
        if (keep < 0)
        {
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            if (i != keep && items[i] is ComplexValue element && element.IsTrue(primary))
            {
                items[i] = element.With(primary, BooleanValue.False);
            }
        }
    }

    private static void CheckUnassigned(PatchOperation operation, AttributePath path, Value? current, Value? next)
    {
        if (
            !path.Target.Required
            || (path.Sub is null ? next : (next as ComplexValue)?[path.Sub]) is not null
            || current is null
        )
        {
            return;
        }

        // RFC 7644 §3.5.2.2: removing a required attribute is a mutability error.
        throw operation.Kind == PatchKind.Remove
            ? ScimError.Mutability($"{path.Target.Path} is required and cannot be removed (RFC 7644 §3.5.2.2).")
            : ScimError.InvalidValue($"{path.Target.Path} is required and cannot be empty (RFC 7643 §2.2).");
    }

    private Value? Bind(ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var reader = JsonText.Open(value.Span);
        reader.Read();
        return ValueReader.Read(ref reader, attribute, _deviations);
    }

    private Value? BindElement(ReadOnlyMemory<byte> value, AttributeDefinition attribute)
    {
        var reader = JsonText.Open(value.Span);
        reader.Read();
        return reader.TokenType == JsonTokenType.Null
            ? null
            : ValueReader.ReadSingle(ref reader, attribute, _deviations);
    }

    private static List<(string Name, ReadOnlyMemory<byte> Value)> Members(ReadOnlyMemory<byte> json, string path)
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

    private static ScimException NoMatch(PatchPath path) =>
        ScimError.NoTarget($"No value of {path.Attribute.Attribute.Path} matches the path (RFC 7644 §3.5.2.3).");
}
