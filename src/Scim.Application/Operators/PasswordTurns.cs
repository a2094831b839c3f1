using Scim.Domain.Errors;

namespace Scim.Application.Operators;

/// <summary>
/// Passwords are slow to hash, and anybody may ask for it by signing in: so few are hashed at a time, and few wait, that the
/// rest of the service keeps its processors.
/// </summary>
internal sealed class PasswordTurns : IDisposable
{
    private const int WaitingPerTurn = 16;

    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount / 2);

    private readonly SemaphoreSlim _turns = new(AtOnce);
    private int _inside;

    /// <summary>A turn, which its disposal ends.</summary>
    /// <exception cref="ScimException">503 when too many wait already.</exception>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inside) > AtOnce * (1 + WaitingPerTurn))
        {
            Interlocked.Decrement(ref _inside);
            throw ScimError.Unavailable("Too many sign in at once; try again in a moment.");
        }

        try
        {
            await _turns.WaitAsync(cancellationToken);
            return new Turn(this);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn(PasswordTurns turns) : IDisposable
    {
        public void Dispose()
        {
            turns._turns.Release();
            Interlocked.Decrement(ref turns._inside);
        }
    }
}
