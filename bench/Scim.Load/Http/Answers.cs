using System.Buffers.Text;
using System.Text.Json;

namespace Scim.Load.Http;

/// <summary>What the checks read of an answer; as little as they need.</summary>
internal static class Answers
{
    /// <summary>The text of a property at the top of the answer; null when it is not there.</summary>
    public static string? Text(ReadOnlySpan<byte> body, string name)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var found = reader.CurrentDepth == 1 && reader.ValueTextEquals(name);
            reader.Read();
            if (found)
            {
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }

            reader.Skip();
        }

        return null;
    }

    /// <summary>The number after <c>totalResults</c>, found without parsing: cheap enough for every answer; -1 without one.</summary>
    public static int Total(ReadOnlySpan<byte> body)
    {
        var at = body.LastIndexOf("\"totalResults\":"u8);
        return at >= 0 && Utf8Parser.TryParse(body[(at + "\"totalResults\":".Length)..], out int total, out _)
            ? total
            : -1;
    }

    /// <summary>How many resources the page holds.</summary>
    public static int PageLength(ReadOnlySpan<byte> body) => Count(body, "\"resourceType\":"u8);

    public static int Count(ReadOnlySpan<byte> body, ReadOnlySpan<byte> text)
    {
        var count = 0;
        for (int at; (at = body.IndexOf(text)) >= 0; body = body[(at + text.Length)..])
        {
            count++;
        }

        return count;
    }
}
