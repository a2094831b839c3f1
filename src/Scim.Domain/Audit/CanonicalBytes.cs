using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Scim.Domain.Audit;

/// <summary>
/// The bytes that are hashed and signed: each field with its length before it, so that no two lists of fields are the same
/// bytes. Numbers are big-endian; null has the length -1.
/// </summary>
internal sealed class CanonicalBytes
{
    private readonly ArrayBufferWriter<byte> _bytes = new(512);

    /// <param name="format">Which format the fields are in; another version of it is another name.</param>
    public CanonicalBytes(string format) => Add(format);

    public ReadOnlySpan<byte> Span => _bytes.WrittenSpan;

    public CanonicalBytes Add(string? text)
    {
        if (text is null)
        {
            Length(-1);
            return this;
        }

        Length(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _bytes);
        return this;
    }

    public CanonicalBytes Add(byte[]? bytes)
    {
        Length(bytes?.Length ?? -1);
        _bytes.Write(bytes);
        return this;
    }

    public CanonicalBytes Add(long number)
    {
        Length(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), number);
        _bytes.Advance(sizeof(long));
        return this;
    }

    public CanonicalBytes Add(Guid id) => Add(id.ToByteArray(bigEndian: true));

    /// <summary>To the microsecond, which is what both databases keep.</summary>
    public CanonicalBytes Add(DateTimeOffset time) =>
        Add((time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    private void Length(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), length);
        _bytes.Advance(sizeof(int));
    }
}
