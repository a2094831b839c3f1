using System.Globalization;
using System.Text;
using MediatR;
using Scim.Application.Audit;

namespace Scim.Api.Admin;

/// <summary>The audit query without an end: page after page goes out as it is read, so memory does not grow with it.</summary>
internal static class AuditExport
{
    private const string Columns =
        "id,sequence,time,tenantId,actorType,actorId,actorName,operation,resourceType,resourceId,outcome,requestId,occurrences,detail,changes\r\n";

    private static readonly System.Buffers.SearchValues<char> Quoted = System.Buffers.SearchValues.Create(",\"\r\n");

    public static async Task SendAsync(
        HttpContext context,
        IMediator mediator,
        AuditFilter filter,
        bool asCsv,
        CancellationToken cancellationToken
    )
    {
        // Before the answer begins: what is refused has its own status.
        var page = await mediator.Send(new ListAudit(filter, null, AuditParameters.MaxLimit), cancellationToken);
        var response = context.Response;
        response.ContentType = asCsv
            ? "text/csv; charset=utf-8; header=present"
            : "application/x-ndjson; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"audit.{(asCsv ? "csv" : "ndjson")}\"";
        if (asCsv)
        {
            await response.WriteAsync(Columns, cancellationToken);
        }

        while (true)
        {
            foreach (var entry in page.Items)
            {
                await response.WriteAsync(asCsv ? Line(entry) : AuditJson.Line(entry) + "\n", cancellationToken);
            }

            // A break-off shows: the answer is not ended, and its reader is told by the protocol.
            await response.Body.FlushAsync(cancellationToken);
            if (page.Next is null)
            {
                return;
            }

            page = await mediator.Send(new ListAudit(filter, page.Next, AuditParameters.MaxLimit), cancellationToken);
        }
    }

    private static string Line(AuditEntry entry)
    {
        string?[] fields =
        [
            AuditJson.IdOf(entry),
            entry.Sequence.ToString(CultureInfo.InvariantCulture),
            entry.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            entry.Tenant.ToString(),
            entry.Actor.Type,
            entry.Actor.Id,
            entry.Actor.Name,
            entry.Operation,
            entry.ResourceType,
            entry.ResourceId,
            entry.Outcome,
            entry.RequestId,
            entry.Occurrences.ToString(CultureInfo.InvariantCulture),
            entry.Detail,
            entry.Changes,
        ];
        var line = new StringBuilder();
        foreach (var field in fields)
        {
            line.Append(line.Length == 0 ? "" : ",").Append(Field(field ?? ""));
        }

        return line.Append("\r\n").ToString();
    }

    // RFC 4180; and what a spreadsheet would take for a formula is marked as text.
    private static string Field(string text)
    {
        if (text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..])
        {
            text = "'" + text;
        }

        return text.AsSpan().IndexOfAny(Quoted) >= 0
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
