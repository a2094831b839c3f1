using System.Buffers;
using System.Text;

namespace Scim.Floor;

/// <summary>The number of users, which an unfiltered list tells.</summary>
internal sealed class Counter
{
    private int _users;

    public int Users
    {
        get => Volatile.Read(ref _users);
        init => _users = value;
    }

    public void Add(int change) => Interlocked.Add(ref _users, change);
}

/// <summary>Bodies in and out by the pipes, with a known length.</summary>
internal static class Answers
{
    public static Guid Id(HttpContext context) =>
        Guid.TryParse((string?)context.Request.RouteValues["id"], out var id) ? id : default;

    public static async ValueTask<byte[]> ReadAsync(HttpContext context)
    {
        var length = (int)(
            context.Request.ContentLength ?? throw new BadHttpRequestException("Content-Length, please.")
        );
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (read.Buffer.Length >= length)
            {
                var body = read.Buffer.Slice(0, length).ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            if (read.IsCompleted)
            {
                throw new BadHttpRequestException("The body is too short.");
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public static Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        Begin(context, status, body.Length).Write(body.Span);
        return context.Response.BodyWriter.FlushAsync().AsTask();
    }

    public static Task FoundAsync(HttpContext context, byte[]? document) =>
        document is null ? StatusAsync(context, 404) : WriteAsync(context, 200, document);

    public static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public static Task OneAsync(HttpContext context, byte[]? document) =>
        document is null ? ListAsync(context, [], 0) : ListAsync(context, [document], 1);

    public static Task ListAsync(HttpContext context, List<byte[]> documents, int total, string? cursor = null)
    {
        var next = cursor is null ? "" : $",\"nextCursor\":\"{cursor}\"";
        var head = Encoding.UTF8.GetBytes(
            $"{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":{total},\"itemsPerPage\":{documents.Count}{next},\"Resources\":["
        );
        var length = head.Length + Math.Max(0, documents.Count - 1) + 2 + documents.Sum(document => document.Length);
        var writer = Begin(context, 200, length);
        writer.Write(head);
        for (var i = 0; i < documents.Count; i++)
        {
            if (i > 0)
            {
                writer.Write(","u8);
            }

            writer.Write(documents[i]);
        }

        writer.Write("]}"u8);
        return context.Response.BodyWriter.FlushAsync().AsTask();
    }

    public static IBufferWriter<byte> Begin(HttpContext context, int status, long length)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/scim+json";
        context.Response.ContentLength = length;
        return context.Response.BodyWriter;
    }
}
