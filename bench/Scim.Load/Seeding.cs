using Scim.Load.Workloads;

namespace Scim.Load;

/// <summary>Fills the directory of a target through its own Bulk endpoint.</summary>
internal static class Seeding
{
    private const int BulkSize = 1000;
    private const int SpareUsers = 64;
    private const int FirstSpare = 400_000_000;

    /// <summary>Grows the directory to so many users.</summary>
    public static void Grow(Target target, int users, int connections)
    {
        var directory = target.Directory;
        var chunks = Enumerable
            .Range(directory.Users.Count, Math.Max(0, users - directory.Users.Count))
            .Chunk(BulkSize);
        directory.Users.AddRange(Create(target, [.. chunks], connections));
        if (directory.Spare.Count == 0)
        {
            directory.Spare.AddRange(
                Create(
                    target,
                    [
                        [.. Enumerable.Range(FirstSpare, SpareUsers)],
                    ],
                    1
                )
            );
        }
    }

    private static IEnumerable<string> Create(Target target, int[][] chunks, int connections)
    {
        var made = new List<string>[chunks.Length];
        var next = -1;
        Measurement.Prepare(
            target,
            connections,
            worker =>
            {
                int index;
                while ((index = Interlocked.Increment(ref next)) < chunks.Length)
                {
                    BulkRequest.Fill(worker.Body, chunks[index], target.Directory.Tag);
                    worker.RequireOnceServed(200, "POST", "/Bulk", worker.Body);
                    made[index] = BulkRequest.ReadIds(worker.Http.Body);
                    Writes.Require(worker, made[index].Count == chunks[index].Length, "not all seeds were created");
                }
            }
        );
        return made.SelectMany(ids => ids);
    }
}
