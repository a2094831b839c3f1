using System.Globalization;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

/// <summary>What the kernel says that a server has in memory, in megabytes.</summary>
internal static class ServerMemory
{
    public static int Resident(this ApiProcess server) => Read(server, "VmRSS:");

    /// <summary>The most since <see cref="ForgetPeak"/>.</summary>
    public static int PeakResident(this ApiProcess server) => Read(server, "VmHWM:");

    public static void ForgetPeak(this ApiProcess server) =>
        File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{server.Id}/clear_refs"), "5");

    private static int Read(ApiProcess server, string name)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{server.Id}/status"))
            .First(line => line.StartsWith(name, StringComparison.Ordinal));
        return int.Parse(line[name.Length..^" kB".Length], CultureInfo.InvariantCulture) / 1024;
    }
}
