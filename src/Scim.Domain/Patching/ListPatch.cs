using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>Operations on a multi-valued attribute: on the whole, on elements that a filter selects, or on a part of them.</summary>
internal sealed class ListPatch(PatchValues values, DeviationLog deviations)
{
    public ListValue? Apply(PatchOperation operation, PatchPath path, ListValue? current)
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
                if (!deviations.Tolerates(Deviation.RemoveWithValue))
                {
                    throw ScimError.InvalidValue(
                        "remove takes no value; select what to remove by a filter in the path (RFC 7644 §3.5.2.2)."
                    );
                }

                var listed = new ListedValues(
                    (values.Bind(operation.Value, attribute) as ListValue)?.Items ?? [],
                    attribute
                );
                items.RemoveAll(listed.Cover);
                break;
            default:
                var given = (DocumentRules.Distinct(values.Bind(operation.Value, attribute)) as ListValue)?.Items ?? [];
                CheckPrimaries(attribute, given);
                if (operation.Kind == PatchKind.Replace)
                {
                    items.Clear();
                    items.AddRange(given);
                    touched.AddRange(Enumerable.Range(0, items.Count));
                    break;
                }

                // RFC 7644 §3.5.2.1: a value that is there already is not added again.
                var present = new HashSet<Value>(items);
                foreach (var value in given)
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
                && values.BindElement(operation.Value, path.Attribute.Attribute) is { } value
            )
            {
                kept.Add(value);
            }
        }

        return matched || operation.Kind == PatchKind.Remove ? kept : throw Patcher.NoMatch(path);
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
            && deviations.Tolerates(Deviation.CreateOnMissingValuePath)
        )
        {
            if (values.Bind(operation.Value, sub) is { } value)
            {
                touched.Add(items.Count);
                items.Add(template.With(sub, value));
            }

            return;
        }

        throw Patcher.NoMatch(path);
    }

    private ComplexValue? ApplyToElement(PatchOperation operation, PatchPath path, ComplexValue element)
    {
        if (path.Attribute.Sub is { } sub)
        {
            var next = element.With(sub, operation.Kind == PatchKind.Remove ? null : values.Bind(operation.Value, sub));
            CheckImmutable(path.Attribute.Attribute, element, next);
            return next.IsEmpty ? null : next;
        }

        if (operation.Kind == PatchKind.Remove)
        {
            return null;
        }

        var merges = operation.Kind == PatchKind.Add && operation.Value.Span[0] == (byte)'{';
        var whole = merges
            ? values.Merge(element, operation.Value, path.Attribute.Attribute)
            : values.BindElement(operation.Value, path.Attribute.Attribute) as ComplexValue;
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

    private void CheckPrimaries(AttributeDefinition attribute, IReadOnlyList<Value> given)
    {
        if (
            attribute.Primary is { } primary
            && given.Count(value => ((ComplexValue)value).IsTrue(primary)) > 1
            && !deviations.Tolerates(Deviation.SeveralPrimaries)
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
}
