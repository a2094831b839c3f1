using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scim.Load.Servers;

/// <summary>Round trips and bytes between a server and PostgreSQL.</summary>
internal readonly record struct Traffic(long RoundTrips, long SentBytes, long ReceivedBytes)
{
    public static Traffic operator -(Traffic left, Traffic right) =>
        new(
            left.RoundTrips - right.RoundTrips,
            left.SentBytes - right.SentBytes,
            left.ReceivedBytes - right.ReceivedBytes
        );
}

/// <summary>
/// Stands between a server and PostgreSQL and counts: a round trip begins whenever the server speaks after the database
/// did, however many packets it takes. Connections of the control role, which polls in the background, pass uncounted.
/// </summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private static readonly byte[] Background = Encoding.ASCII.GetBytes("scim_control");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private long _roundTrips;
    private long _sent;
    private long _received;

    public CountingProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Traffic Read() =>
        new(Interlocked.Read(ref _roundTrips), Interlocked.Read(ref _sent), Interlocked.Read(ref _received));

    public async ValueTask DisposeAsync()
    {
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
                _ = ServeAsync(await _listener.AcceptSocketAsync(_end.Token));
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
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_host, _port, _end.Token);
                var state = new Conversation();
                await Task.WhenAny(
                    PumpAsync(client, server, bytes => Sent(state, bytes.Span)),
                    PumpAsync(server, client, bytes => Received(state, bytes.Length))
                );
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // One of the two ended.
            }
        }
    }

    private void Sent(Conversation state, ReadOnlySpan<byte> bytes)
    {
        state.IsBackground |= !state.HasStarted && bytes.IndexOf(Background) >= 0;
        if (state.IsBackground)
        {
            return;
        }

        Interlocked.Add(ref _sent, bytes.Length);
        if (state.DatabaseSpokeLast)
        {
            state.DatabaseSpokeLast = false;
            Interlocked.Increment(ref _roundTrips);
        }
    }

    private void Received(Conversation state, int count)
    {
        state.DatabaseSpokeLast = true;
        state.HasStarted |= count > 1; // a single byte refuses TLS; the start-up message is yet to come
        if (!state.IsBackground)
        {
            Interlocked.Add(ref _received, count);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Action<ReadOnlyMemory<byte>> count)
    {
        var buffer = new byte[65536];
        int read;
        while ((read = await from.ReceiveAsync(buffer, _end.Token)) > 0)
        {
            count(buffer.AsMemory(0, read));
            await to.SendAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }

    private sealed class Conversation
    {
        public volatile bool DatabaseSpokeLast;
        public volatile bool IsBackground;
        public volatile bool HasStarted;
    }
}
