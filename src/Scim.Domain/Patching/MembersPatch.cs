using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Groups;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>Operations on <c>members</c>: they become steps of a <see cref="MembershipChange"/>, since members are no part of the document.</summary>
internal static class MembersPatch
{
    public static void Apply(
        PatchOperation operation,
        PatchPath path,
        MembershipChange members,
        DeviationLog deviations
    )
    {
        if (path.Attribute.Sub is not null)
        {
            throw ScimError.Mutability(
                "The value of a member is immutable; add or remove members instead (RFC 7643 §4.2)."
            );
        }

        if (path.Element is not null)
        {
            ApplyWhere(operation, path, members);
            return;
        }

        var isRemoval = operation.Kind == PatchKind.Remove;
        if (isRemoval && operation.HasNoValue)
        {
            members.Clear();
            return;
        }

        if (isRemoval && !deviations.Tolerates(Deviation.RemoveWithValue))
        {
            throw ScimError.InvalidValue("remove takes no value; use members[value eq \"id\"] (RFC 7644 §3.5.2.2).");
        }

        var ids = Bind(operation.Value, path.Attribute.Attribute, deviations);
        switch (operation.Kind)
        {
            case PatchKind.Add:
                members.Add(ids);
                break;
            case PatchKind.Replace:
                members.Clear();
                members.Add(ids);
                break;
            default:
                members.Remove(ids);
                break;
        }
    }

    private static void ApplyWhere(PatchOperation operation, PatchPath path, MembershipChange members)
    {
        if (operation.Kind != PatchKind.Remove)
        {
            throw ScimError.NoTarget("Members are added by path members, not by a filter (RFC 7644 §3.5.2.1).");
        }

        var ids = new List<string>();
        if (OnlyIds(path.Element!))
        {
            members.Remove(ids);
        }
        else
        {
            members.RemoveWhere(path.Element!);
        }

        bool OnlyIds(Filter filter)
        {
            switch (filter)
            {
                case Filter.Or or:
                    return OnlyIds(or.Left) && OnlyIds(or.Right);
                case Filter.Comparison { Operator: FilterOperator.Equal } equal
                    when equal.Path.Attribute.Name == "value":
                    ids.Add(equal.Value.Original!);
                    return true;
                // A reference ends with the id, whatever base URL it was made with (RFC 7643 §2.4).
                case Filter.Comparison { Operator: FilterOperator.Equal } equal
                    when equal.Path.Attribute.Name == "$ref":
                    ids.Add(equal.Value.Original!.Split('/')[^1]);
                    return true;
                default:
                    return false;
            }
        }
    }

    private static List<string> Bind(ReadOnlyMemory<byte> value, AttributeDefinition attribute, DeviationLog deviations)
    {
        var reader = JsonText.Open(value.Span);
        reader.Read();
        return DocumentReader.ReadMembers(ref reader, attribute, deviations);
    }
}
