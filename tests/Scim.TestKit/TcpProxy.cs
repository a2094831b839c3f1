using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Scim.TestKit;

/// <summary>What one connection through a <see cref="TcpProxy"/> is shown of its bytes, before they are passed on.</summary>
public interface IConversation
{
    /// <summary>From the client to the server.</summary>
    void Sent(ReadOnlySpan<byte> bytes);

    /// <summary>From the server to the client.</summary>
    void Received(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// Stands between a server and its database, to be watched, cut (connections reset) or stalled (bytes no longer pass).
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Func<IConversation>? _watch;
    private readonly Task _accepting;
    private volatile bool _cut;
    private volatile bool _stalled;

    /// <param name="watch">Makes, for each connection, what is shown its bytes.</param>
    public TcpProxy(string host, int port, Func<IConversation>? watch = null)
    {
        (_host, _port, _watch) = (host, port, watch);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    private delegate void Watch(ReadOnlySpan<byte> bytes);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut()
    {
        _cut = true;
        foreach (var socket in _open.Keys)
        {
            socket.Close();
        }
    }

    public void Stall() => _stalled = true;

    public void Restore()
    {
        // What was stalled has lost its place in the stream.
        if (_stalled)
        {
            Cut();
        }

        (_cut, _stalled) = (false, false);
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                if (_cut)
                {
                    client.Close();
                }
                else
                {
                    _ = ServeAsync(client);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _open[client] = true;
        _open[server] = true;
        try
        {
            client.NoDelay = true;
            await server.ConnectAsync(_host, _port, _end.Token);
            var conversation = _watch?.Invoke();
            await Task.WhenAny(
                PumpAsync(client, server, conversation is null ? null : conversation.Sent),
                PumpAsync(server, client, conversation is null ? null : conversation.Received)
            );
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut while it connected.
        }
        finally
        {
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
            client.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Watch? watch)
    {
        var buffer = new byte[65536];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, _end.Token)) > 0)
            {
                watch?.Invoke(buffer.AsSpan(0, count));
                while (_stalled)
                {
                    await Task.Delay(20, _end.Token);
                }

                await to.SendAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception exception)
            when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
