using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scim.Load.Http;

/// <summary>
/// One keep-alive HTTP/1.1 connection on a blocking socket, for one thread: two system calls a request, so that the
/// driver takes as little as possible of the cores that it shares with what it measures.
/// </summary>
internal sealed class Connection(Uri address, string? token) : IDisposable
{
    private const int TimeoutMilliseconds = 120_000;

    private readonly RequestBody _request = new();
    private readonly string _prefix = address.AbsolutePath.TrimEnd('/');

    private readonly string _head =
        $" HTTP/1.1\r\nHost: {address.Authority}\r\n"
        + (token is null ? "" : $"Authorization: Bearer {token}\r\n")
        + "Accept: application/scim+json\r\n";

    private Socket? _socket;
    private byte[] _buffer = new byte[65536];
    private int _filled;
    private int _bodyStart;
    private int _bodyLength;

    /// <summary>The status of the last answer; 0 when there was none (connection lost, time-out).</summary>
    public int Status { get; private set; }

    /// <summary>Whether the last answer said when to come again.</summary>
    public bool HasRetryAfter { get; private set; }

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyStart, _bodyLength);

    public string Text => Encoding.UTF8.GetString(Body);

    public int Send(string method, string path, RequestBody? body = null)
    {
        _request.Clear().Add(method).Add(" ").Add(_prefix).Add(path).Add(_head);
        if (body is not null)
        {
            _request
                .Add("Content-Type: application/scim+json\r\nContent-Length: ")
                .Add(body.Bytes.Length.ToString(CultureInfo.InvariantCulture));
            _request.Add("\r\n\r\n").Add(body.Bytes);
        }
        else
        {
            _request.Add("\r\n");
        }

        // A connection that the server closed while it was idle is worth a second attempt; a time-out is not.
        var reused = _socket is not null;
        if (!TrySend(out var timedOut) && reused && !timedOut)
        {
            TrySend(out _);
        }

        return Status;
    }

    public void Dispose() => _socket?.Dispose();

    private bool TrySend(out bool timedOut)
    {
        timedOut = false;
        try
        {
            var socket = _socket ??= Open();
            for (var rest = _request.Bytes; rest.Length > 0; )
            {
                rest = rest[socket.Send(rest)..];
            }

            Receive();
            return true;
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            Close();
            (Status, _bodyLength) = (0, 0);
            timedOut = exception is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock };
            return false;
        }
    }

    private Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = TimeoutMilliseconds,
            SendTimeout = TimeoutMilliseconds,
        };
        socket.Connect(IPAddress.Parse(address.Host), address.Port);
        return socket;
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private void Receive()
    {
        _filled = 0;
        int head;
        do
        {
            Fill();
            head = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
        } while (head < 0);

        var lines = _buffer.AsSpan(0, head + 2);
        Status = ((lines[9] - '0') * 100) + ((lines[10] - '0') * 10) + lines[11] - '0';
        var (length, chunked, closes) = ReadHeaders(lines[(lines.IndexOf("\r\n"u8) + 2)..]);
        _bodyStart = head + 4;
        _bodyLength = 0;
        if (chunked)
        {
            ReceiveChunks();
        }
        else if (Status is not (204 or 304))
        {
            ReceiveUntil(_bodyStart + length);
            _bodyLength = length;
        }

        if (closes)
        {
            Close();
        }
    }

    private (int Length, bool Chunked, bool Closes) ReadHeaders(ReadOnlySpan<byte> lines)
    {
        var (length, chunked, closes) = (0, false, false);
        HasRetryAfter = false;
        while (lines.Length > 0)
        {
            var end = lines.IndexOf("\r\n"u8);
            var line = lines[..end];
            lines = lines[(end + 2)..];
            if (Is(line, "content-length: "u8))
            {
                _ = Utf8Parser.TryParse(line["content-length: ".Length..], out length, out _);
            }
            else if (Is(line, "transfer-encoding: "u8))
            {
                chunked = true;
            }
            else if (Is(line, "connection: close"u8))
            {
                closes = true;
            }
            else if (Is(line, "retry-after: "u8))
            {
                HasRetryAfter = true;
            }
        }

        return (length, chunked, closes);
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> start) =>
        line.Length >= start.Length && Ascii.EqualsIgnoreCase(line[..start.Length], start);

    // Chunks are joined in place: what is read runs ahead of where the body grows.
    private void ReceiveChunks()
    {
        var (write, read) = (_bodyStart, _bodyStart);
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(read, _filled - read).IndexOf("\r\n"u8)) < 0)
            {
                Fill();
            }

            _ = Utf8Parser.TryParse(_buffer.AsSpan(read, line), out int size, out _, 'x');
            read += line + 2;
            ReceiveUntil(read + size + 2);
            if (size == 0)
            {
                break;
            }

            _buffer.AsSpan(read, size).CopyTo(_buffer.AsSpan(write));
            write += size;
            read += size + 2;
        }

        _bodyLength = write - _bodyStart;
    }

    private void ReceiveUntil(int end)
    {
        if (end > _buffer.Length)
        {
            // Doubled, for an answer in chunks comes here with each of them: what was read is not to be copied every time.
            Array.Resize(ref _buffer, Math.Max(end, _buffer.Length * 2));
        }

        while (_filled < end)
        {
            Fill();
        }
    }

    private void Fill()
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = _socket!.Receive(_buffer.AsSpan(_filled));
        if (count == 0)
        {
            throw new EndOfStreamException("The server closed the connection.");
        }

        _filled += count;
    }
}
