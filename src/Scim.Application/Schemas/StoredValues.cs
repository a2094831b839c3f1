using MediatR;
using Scim.Application.Common;
using Scim.Application.Search;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Application.Schemas;

/// <summary>Asks of a tenant's resources what stands in the way of a narrower schema, by searches like those of a client.</summary>
internal sealed class StoredValues(IMediator mediator, RequestContext request)
{
    /// <exception cref="ScimException">409 with the number of resources in the way of each change that has some.</exception>
    public async Task CheckAsync(
        TenantId tenant,
        TenantSchema schema,
        IReadOnlyList<Narrowing> narrowings,
        CancellationToken cancellationToken
    )
    {
        var inTheWay = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var most = 0L;
        // Its rows are read by the role of the data plane, which sees the tenant that the request names.
        request.ActAs(request.Actor, tenant);
        try
        {
            foreach (var narrowing in narrowings)
            {
                var count = await CountAsync(schema, narrowing, cancellationToken);
                if (count > 0)
                {
                    most = Math.Max(most, count);
                    var reasons = inTheWay.GetValueOrDefault(narrowing.Path, []);
                    inTheWay[narrowing.Path] = [.. reasons, $"{narrowing.Reason} Resources in the way: {count}."];
                }
            }
        }
        finally
        {
            request.ActAs(request.Actor, tenant: null);
        }

        if (inTheWay.Count > 0)
        {
            var first = inTheWay.First().Value[0];
            throw new ScimException(ScimError.Conflict(first).Error with { Fields = inTheWay, Count = most });
        }
    }

    private async Task<long> CountAsync(TenantSchema schema, Narrowing narrowing, CancellationToken cancellationToken)
    {
        var total = 0L;
        var search = new SearchRequest { Filter = Filter(schema.Urn, narrowing), Count = 0 };
        await mediator.Send(
            new SearchResources(
                [schema.ResourceType],
                search,
                page =>
                {
                    total = page.Total;
                    return Task.CompletedTask;
                }
            ),
            cancellationToken
        );
        return total;
    }

    private static string? Filter(string urn, Narrowing narrowing)
    {
        var path = $"{urn}:{narrowing.Path}";
        // What cannot be asked for may be anywhere; below an attribute, wherever the attribute is.
        return narrowing.IsHidden ? null
            : !narrowing.OfAbsence ? $"{path} pr"
            : narrowing.Path.Contains('.', StringComparison.Ordinal) ? $"{urn}:{narrowing.Path.Split('.')[0]} pr"
            : Urns.Known.Contains(urn) ? $"not ({path} pr)"
            : $"schemas eq \"{urn}\" and not ({path} pr)";
    }
}
