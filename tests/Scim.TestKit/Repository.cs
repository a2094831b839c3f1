namespace Scim.TestKit;

/// <summary>Where things lie: the sources, and what the build made of them.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file of a built project, in the configuration that the tests themselves were built in.</summary>
    public static string Built(string project, string file, string folder = "src")
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = output.Parent!.Name;
        return Path.Combine(Root, folder, project, "bin", configuration, output.Name, file);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ScimPlatform.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"ScimPlatform.sln is not above {AppContext.BaseDirectory}.");
    }
}
