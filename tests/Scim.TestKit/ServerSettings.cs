namespace Scim.TestKit;

internal static class ServerSettings
{
    /// <summary>What every server under test is given: its database, no demo tenant, no limit that a busy test would meet.</summary>
    public static Dictionary<string, string> For(TestDatabase database, IReadOnlyDictionary<string, string>? more)
    {
        var settings = new Dictionary<string, string>(database.Configuration)
        {
            ["Bootstrap:Demo"] = "false",
            ["Limits:RequestsPerSecond"] = "0",
        };
        foreach (var (key, value) in more ?? new Dictionary<string, string>())
        {
            settings[key] = value;
        }

        return settings;
    }
}
