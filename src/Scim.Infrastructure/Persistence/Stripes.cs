namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Which of a counter's rows a session takes: one after the other, so that writers who are under way at once hardly ever
/// meet (by chance, eight writers on sixteen rows meet nine times in ten); and always the same, because a transaction that
/// took several would wait in a circle with others like it.
/// </summary>
internal static class Stripes
{
    private const int Count = 16;

    private static int _last;

    public static int Next() => (int)((uint)Interlocked.Increment(ref _last) % Count);
}
