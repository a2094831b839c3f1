using System.Text;
using Scim.TestKit;

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
/// Counts what passes a proxy before PostgreSQL: a round trip begins whenever the server speaks after the database did,
/// however many packets it takes. Connections of the control role, which polls in the background, pass uncounted.
/// </summary>
internal sealed class TrafficCounter
{
    private static readonly byte[] Background = Encoding.ASCII.GetBytes("scim_control");

    private long _roundTrips;
    private long _sent;
    private long _received;

    public Traffic Read() =>
        new(Interlocked.Read(ref _roundTrips), Interlocked.Read(ref _sent), Interlocked.Read(ref _received));

    public IConversation Watch() => new Conversation(this);

    private sealed class Conversation(TrafficCounter counter) : IConversation
    {
        private volatile bool _databaseSpokeLast;
        private volatile bool _isBackground;
        private volatile bool _hasStarted;

        public void Sent(ReadOnlySpan<byte> bytes)
        {
            _isBackground |= !_hasStarted && bytes.IndexOf(Background) >= 0;
            if (_isBackground)
            {
                return;
            }

            Interlocked.Add(ref counter._sent, bytes.Length);
            if (_databaseSpokeLast)
            {
                _databaseSpokeLast = false;
                Interlocked.Increment(ref counter._roundTrips);
            }
        }

        public void Received(ReadOnlySpan<byte> bytes)
        {
            _databaseSpokeLast = true;
            _hasStarted |= bytes.Length > 1; // a single byte refuses TLS; the start-up message is yet to come
            if (!_isBackground)
            {
                Interlocked.Add(ref counter._received, bytes.Length);
            }
        }
    }
}
