using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Scim.Integration.Tests.Crash;

/// <summary>Stands between a server and its database, to be cut (connections reset) or stalled (bytes no longer pass).</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Func<Action<ReadOnlyMemory<byte>>>? _watch;
    private readonly Task _accepting;
    private volatile bool _cut;
    private volatile bool _stalled;

    /// <param name="watch">Makes, for each connection, what is shown all bytes that its client sends.</param>
    public TcpProxy(string host, int port, Func<Action<ReadOnlyMemory<byte>>>? watch = null)
    {
        (_host, _port, _watch) = (host, port, watch);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut()
    {
        _cut = true;
        foreach (var client in _open.Keys)
        {
            client.Close();
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
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
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

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        _open[client] = true;
        _open[server] = true;
        try
        {
            await server.ConnectAsync(_host, _port, _end.Token);
            await Task.WhenAny(
                PumpAsync(client.GetStream(), server.GetStream(), _watch?.Invoke()),
                PumpAsync(server.GetStream(), client.GetStream(), null)
            );
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or SocketException or InvalidOperationException)
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

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Action<ReadOnlyMemory<byte>>? watch)
    {
        var buffer = new byte[16384];
        try
        {
            int count;
            while ((count = await from.ReadAsync(buffer, _end.Token)) > 0)
            {
                watch?.Invoke(buffer.AsMemory(0, count));
                while (_stalled)
                {
                    await Task.Delay(20, _end.Token);
                }

                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception exception)
            when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
