using Microsoft.Data.Sqlite;

namespace Scim.Infrastructure.Persistence;

/// <summary>Runs each statement when its turn comes; there is no round trip to save.</summary>
internal sealed class SqliteRows : Rows, IDisposable
{
    private readonly SqliteLink _link;
    private readonly IReadOnlyList<Statement> _statements;
    private readonly CancellationToken _cancellationToken;
    private SqliteDataReader _reader;
    private int _current;

    public SqliteRows(SqliteLink link, IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        _link = link;
        _statements = statements;
        _cancellationToken = cancellationToken;
        _reader = link.Command(statements[0]).ExecuteReader();
    }

    public override ValueTask<bool> ReadAsync()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<bool>(_reader.Read());
    }

    public override ValueTask<bool> NextAsync()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _reader.Dispose();
        if (++_current >= _statements.Count)
        {
            return new ValueTask<bool>(false);
        }

        _reader = _link.Command(_statements[_current]).ExecuteReader();
        return new ValueTask<bool>(true);
    }

    public override bool IsNull(int column) => _reader.IsDBNull(column);

    public override Guid Uuid(int column) => SqliteValues.ToGuid(_reader.GetFieldValue<byte[]>(column));

    public override string Text(int column) => _reader.GetString(column);

    public override long Int(int column) => _reader.GetInt64(column);

    public override bool Bool(int column) => _reader.GetInt64(column) != 0;

    public override byte[] Bytes(int column) => _reader.GetFieldValue<byte[]>(column);

    public override DateTimeOffset Time(int column) => SqliteValues.ToTime(_reader.GetInt64(column));

    public override double Real(int column) => _reader.GetDouble(column);

    public void Dispose() => _reader.Dispose();
}
