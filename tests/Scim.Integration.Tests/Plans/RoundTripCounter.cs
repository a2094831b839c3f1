using System.Buffers.Binary;
using System.Text;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// Reads what clients say to PostgreSQL (protocol 3.0, "Message Formats") and counts the messages after which a client
/// waits for an answer: Sync and Query, on the connections of the serving role.
/// </summary>
internal sealed class RoundTripCounter
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Action<ReadOnlyMemory<byte>> Watch()
    {
        var pending = new List<byte>();
        var isStarted = false;
        var isServing = false;
        return bytes =>
        {
            pending.AddRange(bytes.Span);
            while (TryTake(pending, ref isStarted, out var type, out var body))
            {
                if (type == 0)
                {
                    isServing = Encoding.UTF8.GetString(body).Contains("role=scim_app", StringComparison.Ordinal);
                }
                else if (isServing && type is (byte)'S' or (byte)'Q')
                {
                    Interlocked.Increment(ref _count);
                }
            }
        };
    }

    /// <summary>One message; the start-up packet has type 0, requests for encryption are passed over.</summary>
    private static bool TryTake(List<byte> pending, ref bool isStarted, out byte type, out byte[] body)
    {
        const int EncryptionRequest = 8;
        (type, body) = (0, []);
        while (true)
        {
            var head = isStarted ? 1 : 0;
            if (pending.Count < head + 4)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian([.. pending[head..(head + 4)]]);
            if (pending.Count < head + length)
            {
                return false;
            }

            type = isStarted ? pending[0] : (byte)0;
            body = [.. pending[(head + 4)..(head + length)]];
            pending.RemoveRange(0, head + length);
            if (isStarted || length != EncryptionRequest)
            {
                isStarted = true;
                return true;
            }
        }
    }
}
