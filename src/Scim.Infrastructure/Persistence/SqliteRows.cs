using System.Text;

namespace Scim.Infrastructure.Persistence;

/// <summary>Runs each statement when its turn comes; there is no round trip to save.</summary>
internal sealed class SqliteRows : Rows, IDisposable
{
    private readonly SqliteLink _link;
    private readonly IReadOnlyList<Statement> _statements;
    private readonly CancellationToken _cancellationToken;
    private SqliteStatement _statement;
    private int _current;
    private bool _isBeforeFirst = true;
    private bool _hasRow;

    public SqliteRows(SqliteLink link, IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        _link = link;
        _statements = statements;
        _cancellationToken = cancellationToken;
        _statement = Begin();
    }

    public override ValueTask<bool> ReadAsync()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_isBeforeFirst)
        {
            _isBeforeFirst = false;
        }
        // A step after the last row would run the statement again.
        else if (_hasRow)
        {
            _hasRow = _statement.Step();
        }

        return new ValueTask<bool>(_hasRow);
    }

    public override ValueTask<bool> NextAsync()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _statement.Reset();
        _hasRow = false;
        if (++_current >= _statements.Count)
        {
            return new ValueTask<bool>(false);
        }

        _isBeforeFirst = true;
        _statement = Begin();
        return new ValueTask<bool>(true);
    }

    public override bool IsNull(int column) => _statement.IsNull(column);

    public override Guid Uuid(int column) => new(_statement.Bytes(column), bigEndian: true);

    public override string Text(int column) => Encoding.UTF8.GetString(_statement.Bytes(column));

    public override long Int(int column) => _statement.Int(column);

    public override bool Bool(int column) => _statement.Int(column) != 0;

    public override byte[] Bytes(int column) => _statement.Bytes(column).ToArray();

    public override DateTimeOffset Time(int column) => SqliteValues.ToTime(_statement.Int(column));

    public override double Real(int column) => _statement.Real(column);

    public void Dispose() => _statement.Reset();

    // Even a statement whose rows nobody reads has its effect.
    private SqliteStatement Begin()
    {
        var statement = _link.Prepare(_statements[_current]);
        _hasRow = statement.Step();
        return statement;
    }
}
