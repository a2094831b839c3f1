using System.Text;

namespace Scim.Load.Http;

/// <summary>A growing buffer in which a request is prepared, so that it leaves in one system call and is used again.</summary>
internal sealed class RequestBody
{
    private byte[] _bytes = new byte[8192];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public RequestBody Clear()
    {
        _length = 0;
        return this;
    }

    public RequestBody Add(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
        return this;
    }

    public RequestBody Add(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
        return this;
    }

    private void Reserve(int more)
    {
        if (_length + more > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + more));
        }
    }
}
