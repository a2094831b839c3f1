using System.Buffers;

namespace Scim.Api.Scim;

/// <summary>
/// Gathers an answer in pooled memory and hands it over in large pieces: the response's own writer takes a lock for each
/// piece, of which a page has thousands. An answer that fits goes out with its length.
/// </summary>
internal sealed class AnswerBuffer(HttpResponse response) : IBufferWriter<byte>, IDisposable
{
    // Some answers are read from the database while they are sent.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private const int FirstSize = 16 * 1024;
    private const int SendAt = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _used;
    private bool _isSent;
    private Pace? _pace;

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _buffer.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _buffer.AsSpan(_used);
    }

    /// <summary>Sends what is there when it is worth it; to be called between parts of a long answer.</summary>
    public async ValueTask PassOnAsync(CancellationToken cancellationToken)
    {
        if (_used >= SendAt)
        {
            _isSent = true;
            _pace ??= new Pace(response.HttpContext, Longest);
            _pace.Begin(_used);
            await response.BodyWriter.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken);
            _pace.End();
            _used = 0;
        }
    }

    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        // HEAD does not read a group's members to tell how long they would be (RFC 9110 §8.6).
        if (!_isSent && !HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            response.ContentLength = _used;
        }

        await response.BodyWriter.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken);
        _used = 0;
    }

    public void Dispose()
    {
        _pace?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Grow(int sizeHint)
    {
        if (_buffer.Length - _used >= Math.Max(sizeHint, 1))
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _used + sizeHint));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
