namespace Scim.TestKit;

/// <summary>
/// The PostgreSQL server of a test run: the one that the build started (<c>SCIM_TEST_PG</c>), else one of this process,
/// started when first asked for.
/// </summary>
public static class PostgresCluster
{
    private static readonly Lazy<PostgresServer> Started = new(Start);

    /// <summary>A superuser's connection string, to the database <c>postgres</c>.</summary>
    public static string ConnectionString =>
        Environment.GetEnvironmentVariable("SCIM_TEST_PG") is { Length: > 0 } given
            ? given
            : Started.Value.ConnectionString;

    private static PostgresServer Start()
    {
        var server = PostgresServer.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return server;
    }
}
