using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Scim.TestKit;

namespace Scim.Architecture.Tests;

/// <summary>What the rules look at: the projects, and the types that we wrote in them.</summary>
internal static class Codebase
{
    private static readonly string[] Folders = ["src", "tests", "bench"];

    public static Assembly Application { get; } = Assembly.Load("Scim.Application");

    public static Assembly Infrastructure { get; } = Assembly.Load("Scim.Infrastructure");

    public static IReadOnlyList<Assembly> All { get; } =
    [Assembly.Load("Scim.Domain"), Application, Infrastructure, Assembly.Load("Scim.Api")];

    public static IEnumerable<Type> Types(params IEnumerable<Assembly> assemblies) =>
        assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type =>
                !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && !type.Name.Contains('<')
            );

    public static XDocument Project(string name) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", name, name + ".csproj"));

    /// <summary>Our own files below the root; nothing that a build or a run left there.</summary>
    public static IEnumerable<string> Files(string pattern) =>
        Folders
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories)
            )
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
}
