using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Scim.Integration.Tests.Fuzz;

/// <summary>A request as bytes: no client library between the mutation and the server.</summary>
internal sealed record RawRequest(string Method, byte[] Target, List<(string Name, string Value)> Headers, byte[]? Body)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public byte[] ToBytes()
    {
        var head = new MemoryStream();
        void Write(string text) => head.Write(Encoding.Latin1.GetBytes(text));
        Write(Method + " ");
        head.Write(Target);
        Write(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
        foreach (var (name, value) in Headers)
        {
            Write($"{name}: {value}\r\n");
        }

        if (Body is not null)
        {
            Write($"Content-Length: {Body.Length.ToString(CultureInfo.InvariantCulture)}\r\n");
        }

        Write("\r\n");
        head.Write(Body ?? []);
        return head.ToArray();
    }

    /// <exception cref="TimeoutException">The server did not end its answer in time.</exception>
    public async Task<RawAnswer> SendAsync(Uri server)
    {
        using var timeout = new CancellationTokenSource(Patience);
        var started = Stopwatch.GetTimestamp();
        var answer = new MemoryStream();
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, timeout.Token);
            var stream = client.GetStream();
            // A server may answer and close before it has read all that is sent.
            var sending = SendAsync(stream, timeout.Token);
            var buffer = new byte[65536];
            int count;
            while ((count = await ReadAsync(stream, buffer, timeout.Token)) > 0)
            {
                answer.Write(buffer.AsSpan(0, count));
            }

            await sending;
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"No answer within {Stopwatch.GetElapsedTime(started)}.", exception);
        }

        return RawAnswer.Parse(answer.ToArray());
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var value in ToBytes().Take(4000))
        {
            text.Append(
                value is >= 0x20 and < 0x7f or (byte)'\n'
                    ? ((char)value).ToString()
                    : string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}")
            );
        }

        return text.ToString();
    }

    private async Task SendAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(ToBytes(), cancellationToken);
        }
        catch (IOException)
        {
            // The answer tells why.
        }
    }

    private static async Task<int> ReadAsync(NetworkStream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>Status 0 for a connection that was closed without an answer.</summary>
    public static RawAnswer Parse(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var status =
            text.Length > 12 && int.TryParse(text.AsSpan(9, 3), CultureInfo.InvariantCulture, out var code) ? code : 0;
        return end < 0 ? new RawAnswer(status, text, "") : new RawAnswer(status, text[..end], text[(end + 4)..]);
    }
}
