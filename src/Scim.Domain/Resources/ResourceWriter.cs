using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>
/// Writes a resource for an answer. Without a projection the stored bytes are copied, and only derived parts are
/// made: O(bytes), no parsing.
/// </summary>
public static class ResourceWriter
{
    private static readonly SearchValues<char> NeedsEscape = SearchValues.Create("\"\\");

    /// <param name="output">Receives one JSON object.</param>
    /// <param name="baseUrl">The base URL that the client used, without a trailing slash: <c>https://host/scim/v2</c>.</param>
    public static void Write(
        IBufferWriter<byte> output,
        ResourceSchema schema,
        StoredResource resource,
        Projection projection,
        string baseUrl
    )
    {
        if (projection.IsDefault)
        {
            WriteWhole(output, schema, resource, baseUrl);
            output.Write("}"u8);
            return;
        }

        var whole = new ArrayBufferWriter<byte>(resource.Document.Length + 512);
        WriteWhole(whole, schema, resource, baseUrl);
        whole.Write("}"u8);
        JsonFilter.Copy(whole.WrittenSpan, projection, output);
    }

    /// <summary>Like <see cref="Write"/>, but leaves the object open so that <c>members</c> can be streamed behind it.</summary>
    public static void WriteOpen(
        IBufferWriter<byte> output,
        ResourceSchema schema,
        StoredResource resource,
        Projection projection,
        string baseUrl
    )
    {
        var whole = new ArrayBufferWriter<byte>(resource.Document.Length + 512);
        Write(whole, schema, resource, projection, baseUrl);
        output.Write(whole.WrittenSpan[..^1]);
    }

    /// <summary>One element of <c>members</c>.</summary>
    public static void WriteMember(
        IBufferWriter<byte> output,
        MemberOfGroup member,
        MemberProjection shown,
        string baseUrl
    )
    {
        var span = output.GetSpan(64);
        var used = 0;
        Append(span, ref used, "{"u8);
        var first = true;
        if (shown.Value)
        {
            Append(span, ref used, "\"value\":\""u8);
            AppendId(span, ref used, member.Id);
            Append(span, ref used, "\""u8);
            first = false;
        }

        output.Advance(used);
        if (shown.Reference)
        {
            output.Write(first ? "\"$ref\":\""u8 : ",\"$ref\":\""u8);
            WriteReference(output, baseUrl, member.IsGroup ? "/Groups/" : "/Users/", member.Id);
            output.Write("\""u8);
            first = false;
        }

        if (shown.Type)
        {
            output.Write(first ? "\"type\":\""u8 : ",\"type\":\""u8);
            output.Write(member.IsGroup ? "Group\""u8 : "User\""u8);
            first = false;
        }

        if (shown.Display && member.Display is { } display)
        {
            output.Write(first ? "\"display\":\""u8 : ",\"display\":\""u8);
            WriteText(output, display);
            output.Write("\""u8);
        }

        output.Write("}"u8);
    }

    private static void WriteWhole(
        IBufferWriter<byte> output,
        ResourceSchema schema,
        StoredResource resource,
        string baseUrl
    )
    {
        var bytes = resource.Document.Span;
        if (resource is { Manager: { } manager, ManagerEnd: { } end })
        {
            output.Write(bytes[..end]);
            output.Write(",\"$ref\":\""u8);
            WriteReference(output, baseUrl, "/Users/", manager.Id);
            output.Write("\""u8);
            if (manager.Display is { } display)
            {
                output.Write(",\"displayName\":\""u8);
                WriteText(output, display);
                output.Write("\""u8);
            }

            output.Write(bytes[end..^1]);
        }
        else
        {
            output.Write(bytes[..^1]);
        }

        WriteGroups(output, resource.Groups, baseUrl);
        WriteMeta(output, schema, resource, baseUrl);
    }

    private static void WriteGroups(IBufferWriter<byte> output, IReadOnlyList<GroupOfUser> groups, string baseUrl)
    {
        if (groups.Count == 0)
        {
            return;
        }

        output.Write(",\"groups\":["u8);
        for (var i = 0; i < groups.Count; i++)
        {
            output.Write(i == 0 ? "{\"value\":\""u8 : ",{\"value\":\""u8);
            WriteId(output, groups[i].Id);
            output.Write("\",\"$ref\":\""u8);
            WriteReference(output, baseUrl, "/Groups/", groups[i].Id);
            output.Write("\",\"display\":\""u8);
            WriteText(output, groups[i].Display);
            output.Write(groups[i].Direct ? "\",\"type\":\"direct\"}"u8 : "\",\"type\":\"indirect\"}"u8);
        }

        output.Write("]"u8);
    }

    private static void WriteMeta(
        IBufferWriter<byte> output,
        ResourceSchema schema,
        StoredResource resource,
        string baseUrl
    )
    {
        output.Write(",\"meta\":{\"resourceType\":\""u8);
        Encoding.UTF8.GetBytes(schema.Name, output);
        output.Write("\",\"created\":\""u8);
        WriteTime(output, resource.Created);
        output.Write("\",\"lastModified\":\""u8);
        WriteTime(output, resource.LastModified);
        output.Write("\",\"location\":\""u8);
        WriteReference(output, baseUrl, schema.Endpoint + "/", resource.Id);
        output.Write("\",\"version\":\"W/\\\""u8);
        Encoding.UTF8.GetBytes(resource.Tag.AsSpan(3..^1), output);
        output.Write("\\\"\"}"u8);
    }

    private static void WriteTime(IBufferWriter<byte> output, DateTimeOffset time)
    {
        // 2026-01-15T09:30:00.0000000Z, of which milliseconds are shown: several times faster than a format of one's own.
        const int Milliseconds = 23;
        var span = output.GetSpan(32);
        Utf8Formatter.TryFormat(time.UtcDateTime, span, out _, new StandardFormat('O'));
        span[Milliseconds] = (byte)'Z';
        output.Advance(Milliseconds + 1);
    }

    private static void WriteReference(IBufferWriter<byte> output, string baseUrl, string path, Guid id)
    {
        WriteText(output, baseUrl);
        Encoding.UTF8.GetBytes(path, output);
        WriteId(output, id);
    }

    private static void WriteId(IBufferWriter<byte> output, Guid id)
    {
        id.TryFormat(output.GetSpan(36), out var written);
        output.Advance(written);
    }

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        if (!text.AsSpan().ContainsAny(NeedsEscape) && !text.AsSpan().ContainsAnyInRange('\0', '\u001F'))
        {
            Encoding.UTF8.GetBytes(text, output);
            return;
        }

        output.Write(JsonEncodedText.Encode(text, DocumentWriter.Options.Encoder).EncodedUtf8Bytes);
    }

    private static void AppendId(Span<byte> span, ref int used, Guid id)
    {
        id.TryFormat(span[used..], out var written);
        used += written;
    }

    private static void Append(Span<byte> span, ref int used, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(span[used..]);
        used += bytes.Length;
    }
}

/// <summary>Which parts of a member an answer shows.</summary>
public readonly record struct MemberProjection(bool Value, bool Reference, bool Type, bool Display)
{
    /// <summary>Null when members are not shown at all.</summary>
    public static MemberProjection? Of(ResourceSchema schema, Projection projection)
    {
        if (schema.Root.Find("members") is not { } members || !projection.Shows(members))
        {
            return null;
        }

        var inside = projection.Root.Inside(members);
        return new MemberProjection(Shows("value"), Shows("$ref"), Shows("type"), Shows("display"));

        bool Shows(string name) =>
            members.Attributes.Find(name) is { } sub
            && (inside?.Shows(sub) ?? sub.Returned is Returned.Default or Returned.Always);
    }
}
