using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scim.Application.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

/// <summary>A trail as a file: one JSON object a line.</summary>
internal static class TrailFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new TenantIdConverter() },
    };

    public static string Line(TrailEntry entry) => JsonSerializer.Serialize(entry, Options);

    public static async IAsyncEnumerable<TrailEntry> ReadAsync(
        string path,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            yield return Parse(line) ?? throw ScimError.InvalidSyntax($"Line {number} is not one of an audit export.");
        }
    }

    /// <summary>Null when the line is none of ours.</summary>
    public static TrailEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TrailEntry>(line, Options);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private sealed class TenantIdConverter : JsonConverter<TenantId>
    {
        public override TenantId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, TenantId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }
}
