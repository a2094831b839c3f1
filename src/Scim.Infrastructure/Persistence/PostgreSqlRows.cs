using Npgsql;

namespace Scim.Infrastructure.Persistence;

internal sealed class PostgreSqlRows(NpgsqlDataReader reader, CancellationToken cancellationToken) : Rows
{
    public override ValueTask<bool> ReadAsync() => new(reader.ReadAsync(cancellationToken));

    public override ValueTask<bool> NextAsync() => new(reader.NextResultAsync(cancellationToken));

    public override bool IsNull(int column) => reader.IsDBNull(column);

    public override Guid Uuid(int column) => reader.GetGuid(column);

    public override string Text(int column) => reader.GetString(column);

    public override long Int(int column) => reader.GetFieldValue<long>(column);

    public override bool Bool(int column) => reader.GetBoolean(column);

    public override byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

    public override DateTimeOffset Time(int column) => reader.GetFieldValue<DateTimeOffset>(column);

    public override double Real(int column) => reader.GetFieldValue<double>(column);
}
