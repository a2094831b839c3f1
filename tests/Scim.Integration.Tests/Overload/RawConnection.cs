using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Scim.Integration.Tests.Overload;

/// <summary>A client that does what a library would not: sends by halves, and takes its answer when it likes.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client = new() { ReceiveBufferSize = 4096, NoDelay = true };
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public static string Head(string method, string path, string? token, params string[] headers) =>
        string.Join(
            "\r\n",
            [
                $"{method} /scim/v2{path} HTTP/1.1",
                "Host: 127.0.0.1",
                "Content-Type: application/scim+json",
                .. token is null ? Array.Empty<string>() : [$"Authorization: Bearer {token}"],
                .. headers,
                "",
                "",
            ]
        );

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    /// <summary>Sends the text a few bytes at a time, until the server has had enough.</summary>
    public async Task TrickleAsync(string text, int bytes)
    {
        try
        {
            foreach (var piece in text.Chunk(bytes))
            {
                await SendAsync(new string(piece));
                await Task.Delay(100);
            }
        }
        catch (IOException)
        {
            // Closed by the server; the answer tells why.
        }
    }

    /// <summary>The next answer, with a body whose length its head tells; empty when the server closes.</summary>
    public async Task<string> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var text = new StringBuilder();
        var buffer = new byte[16384];
        while (!IsWhole(text.ToString()))
        {
            int count;
            try
            {
                count = await _stream.ReadAsync(buffer, timeout.Token);
            }
            catch (IOException)
            {
                count = 0;
            }

            if (count == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    public void Dispose() => _client.Dispose();

    private static bool IsWhole(string answer)
    {
        const string Length = "Content-Length: ";
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var at = answer.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        if (end < 0 || at < 0 || at > end)
        {
            return false;
        }

        var from = at + Length.Length;
        var length = int.Parse(
            answer.AsSpan(from, answer.IndexOf("\r\n", from, StringComparison.Ordinal) - from),
            CultureInfo.InvariantCulture
        );
        return answer.Length >= end + 4 + length;
    }
}
