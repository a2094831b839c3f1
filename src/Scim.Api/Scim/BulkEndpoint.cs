using System.Globalization;
using System.Text.Json;
using MediatR;
using Scim.Application.Bulk;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Api.Scim;

/// <summary>POST /Bulk (RFC 7644 §3.7).</summary>
internal static class BulkEndpoint
{
    public static void Map(IEndpointRouteBuilder scim) => scim.MapPost("/Bulk", PostAsync);

    private static async Task PostAsync(
        HttpContext context,
        IMediator mediator,
        ScimResults results,
        DataPlaneLimits limits,
        RuntimeSettings settings,
        RequestContext request
    )
    {
        if (!settings.Of(request.Tenant).Bulk.Includes(request.Tenant))
        {
            throw ScimError.NotImplemented("This service provider has no Bulk; send the operations one by one.");
        }

        var body = await ScimBody.ReadAsync(context, limits);
        // Half a bulk run helps nobody: once begun it ends, even when the client has left.
        var outcome = await mediator.Send(new RunBulk(body), CancellationToken.None);
        await using var writer = new Utf8JsonWriter(ScimResults.Begin(context, StatusCodes.Status200OK).BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue("urn:ietf:params:scim:api:messages:2.0:BulkResponse"u8);
        writer.WriteEndArray();
        writer.WriteStartArray("Operations"u8);
        foreach (var result in outcome)
        {
            Write(writer, result, results.BaseUrl(context.Request));
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter writer, BulkResult result, string baseUrl)
    {
        writer.WriteStartObject();
        if (result.Operation.Method is { } method)
        {
            writer.WriteString("method"u8, method.ToUpperInvariant());
        }

        if (result.Operation.BulkId is { } bulkId)
        {
            writer.WriteString("bulkId"u8, bulkId);
        }

        if (result.Version is { } version)
        {
            writer.WriteString("version"u8, version);
        }

        if (result is { Id: { } id, ResourceType: { } type })
        {
            writer.WriteString("location"u8, $"{baseUrl}/{type}s/{id}");
        }

        writer.WriteString("status"u8, result.Status.ToString(CultureInfo.InvariantCulture));
        if (result.Error is { } error)
        {
            writer.WritePropertyName("response"u8);
            ScimErrors.Write(writer, error);
        }

        writer.WriteEndObject();
    }
}
