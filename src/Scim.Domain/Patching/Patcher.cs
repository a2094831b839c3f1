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
    private readonly PatchValues _values;
    private readonly ListPatch _lists;
    private readonly MembershipChange _members = new();
    private ComplexValue _root;
    private bool _passwordTouched;
    private string? _password;

    private Patcher(Document document, DeviationLog deviations)
    {
        (_schema, _root, _deviations) = (document.Schema, document.Root, deviations);
        _values = new PatchValues(deviations);
        _lists = new ListPatch(_values, deviations);
    }

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

        foreach (var (name, value) in PatchValues.Members(operation.Value, "value"))
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
                operation.Kind == PatchKind.Remove
                    ? null
                    : (_values.Bind(operation.Value, attribute) as TextValue)?.Text;
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
                ? _lists.Apply(operation, path, current as ListValue)
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
            CheckUnassigned(operation, new AttributePath(null, extension, null), _root[extension], null);
            _root = _root.With(extension, null);
            return;
        }

        foreach (var (name, value) in PatchValues.Members(operation.Value, extension.Path))
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
            var value = operation.Kind == PatchKind.Remove ? null : _values.Bind(operation.Value, sub);
            complex = complex.With(sub, value);
            return complex.IsEmpty ? null : complex;
        }

        if (operation.Kind == PatchKind.Remove)
        {
            return null;
        }

        if (attribute.Type != AttributeType.Complex || operation.HasNoValue)
        {
            return _values.Bind(operation.Value, attribute);
        }

        if (operation.Value.Span[0] != (byte)'{')
        {
            // The manager as bare text or in an array of one.
            return _values.Bind(operation.Value, attribute);
        }

        return _values.Merge(current as ComplexValue, operation.Value, attribute);
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

    internal static ScimException NoMatch(PatchPath path) =>
        ScimError.NoTarget($"No value of {path.Attribute.Attribute.Path} matches the path (RFC 7644 §3.5.2.3).");
}
