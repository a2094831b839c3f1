using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Scim.Application.Audit;

/// <summary>How a row of the journal is told: by the audit query, an export and a stream alike.</summary>
public static class AuditJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string IdOf(AuditEntry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.Tenant.Value:N}-{entry.Sequence}");

    public static AuditRow Shape(AuditEntry entry) =>
        new(
            IdOf(entry),
            entry.Sequence,
            entry.Time,
            entry.Tenant.Value,
            entry.Actor,
            entry.Operation,
            entry.ResourceType,
            entry.ResourceId,
            entry.Outcome,
            entry.RequestId,
            // Written by us as JSON; shown as such, not as text.
            entry.Changes
                is null
                ? null
                : JsonElement.Parse(entry.Changes),
            entry.ChangesErased,
            entry.Detail,
            entry.Occurrences
        );

    public static string Line(AuditEntry entry) => JsonSerializer.Serialize(Shape(entry), Options);
}

/// <param name="Changes">Before and after; null when there is none, or it was erased.</param>
/// <param name="Occurrences">How many acts the row stands for.</param>
public sealed record AuditRow(
    string Id,
    long Sequence,
    DateTimeOffset Time,
    Guid TenantId,
    AuditActor Actor,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string RequestId,
    JsonElement? Changes,
    bool ChangesErased,
    string? Detail,
    int Occurrences
);
