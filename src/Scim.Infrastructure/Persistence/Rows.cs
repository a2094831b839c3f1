namespace Scim.Infrastructure.Persistence;

/// <summary>The results of one round trip: forward only, one row at a time. Columns are read in order of position.</summary>
internal abstract class Rows
{
    public abstract ValueTask<bool> ReadAsync();

    /// <summary>Moves to the next statement's rows.</summary>
    public abstract ValueTask<bool> NextAsync();

    public abstract bool IsNull(int column);

    public abstract Guid Uuid(int column);

    public abstract string Text(int column);

    public abstract long Int(int column);

    public abstract bool Bool(int column);

    /// <summary>Of <c>bytea</c> and of <c>json</c>, whose UTF-8 bytes are handed out as stored.</summary>
    public abstract byte[] Bytes(int column);

    public abstract DateTimeOffset Time(int column);

    public abstract double Real(int column);

    public Guid? UuidOrNull(int column) => IsNull(column) ? null : Uuid(column);

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public long? IntOrNull(int column) => IsNull(column) ? null : Int(column);

    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column);

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);
}
