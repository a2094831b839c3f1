using System.Diagnostics;

namespace Scim.TestKit;

/// <summary>
/// The PostgreSQL server of a test run: the one that the build started (<c>SCIM_TEST_PG</c>), else one of this process,
/// started when first asked for. It lives as long as the pipe to <c>tests/postgres.sh</c> is open.
/// </summary>
public static class PostgresCluster
{
    private static readonly Lazy<string> Started = new(Start);

    /// <summary>A superuser's connection string, to the database <c>postgres</c>.</summary>
    public static string ConnectionString =>
        Environment.GetEnvironmentVariable("SCIM_TEST_PG") is { Length: > 0 } given ? given : Started.Value;

    private static string Start()
    {
        var script = Process.Start(
            new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "postgres.sh"))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            script.StandardInput.Close();
            script.WaitForExit();
        };
        return script.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("PostgreSQL did not start; tests/postgres.sh says why.");
    }
}
